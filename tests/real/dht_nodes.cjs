// usage: node dht_nodes.cjs FILE
// Nodes of bittorrent-dht, as FILE says: a list of {ip, port, bootstrap, announce: [[hash, port], ...]}.
async function main () {
  const { Client } = await import('bittorrent-dht').catch(() => import(process.env.NODE_PATH + '/bittorrent-dht/index.js'))
  for (const n of JSON.parse(require('fs').readFileSync(process.argv[2]))) {
    const node = new Client({ bootstrap: n.bootstrap })
    node.on('error', () => {})
    node.listen(n.port, n.ip)
    node.on('ready', () => n.announce.forEach(([hash, port]) =>
      node.announce(hash, port, () => setInterval(() => node.announce(hash, port), 15000).unref())))
  }
  setInterval(() => {}, 1000)
}
main()
