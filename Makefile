# make                  build the programs into build/
# make deps             install the packages that building and testing need
# make test             unit tests, saved fuzz inputs, end-to-end tests, layers, headers; T=pattern
# make demo             a lab overlay, a crawl, a flood, a chart: the whole path
# make demo-bitcoin     address gossip on paper, a flood of it, found, sized, cleaned, drawn
# make demo-mainline    the same on an overlay by datagrams
# make bench            measured figures beside the limits they are held against
# make fuzz             libFuzzer on every target; FUZZ_TIME=seconds each
# make hostile          half of a lab's nodes are hostile: time, memory, counts
# make faults           kill -9, full disk, no memory, bad clock: nothing is lost
# make soak             one long crawl of a churning lab: nothing grows
# make real             the sensor among real programs, in a network namespace; real-deps installs them
# make score            accuracy of the verdicts on simulated worlds, hours; SCORE=quick, minutes
# make lint             cppcheck, clang-tidy, gcc -fanalyzer
# make coverage         line coverage of every folder by the unit tests
# make dist             build/kansoku-VERSION.tar.gz, the same bytes from the same commit
# make install          DESTDIR and PREFIX are honoured; uninstall removes
#
# SAN=address,undefined builds and tests under sanitizers; WERROR=1 makes
# warnings errors; V=1 shows the commands; DEPS=no installs no packages.
#
# One Makefile for the whole tree.  A .c file in a folder is built into that
# folder's part; tests/unit/FOLDER/test_X.c is a test program of its own.

PREFIX	?= /usr/local
BINDIR	?= $(PREFIX)/bin
MANDIR	?= $(PREFIX)/share/man
PKG_CONFIG ?= pkg-config
INSTALL	?= install
FUZZ_CC	?= clang
FUZZ_TIME ?= 30
DEPS	?= yes

# ---- what you may set: CC CFLAGS CPPFLAGS LDFLAGS SAN WERROR B ---------------

CFLAGS	?= -O2 -g
SAN	?=
WERROR	?=
VERSION	:= $(shell cat VERSION)

comma	:= ,
space	:= $() $()
B	?= build$(if $(SAN),/$(subst $(comma),-,$(SAN)))

# ---- what the project needs, kept apart from what the user sets --------------

WARN	:= -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes \
	   -Wmissing-prototypes -Wformat=2 -Wvla -Wwrite-strings $(if $(WERROR),-Werror)
MODULES	:= libevent_core sqlite3 libsodium jansson gsl libarchive inih librsvg-2.0 libseccomp
# One package for each module above, in no order; plotutils ships no .pc file.
PACKAGES := gcc make pkg-config libevent-dev libsqlite3-dev libsodium-dev libjansson-dev \
	   libgsl-dev libarchive-dev libinih-dev librsvg2-dev fonts-liberation libseccomp-dev libplot-dev libpcap-dev
TEST_PACKAGES := libcmocka-dev sqlite3 jq python3 minisign openssl python3-jsonschema librsvg2-bin libxml2-utils

# Goals that prepare the machine themselves, before anything is built.
SELF_SUFFICIENT := test demo demo-bitcoin demo-mainline bench score replay hostile faults soak
FIRST	:= $(if $(filter yes,$(DEPS)),$(if $(filter $(SELF_SUFFICIENT) deps,$(MAKECMDGOALS)),deps))

# What pkg-config says is asked once, by the first recipe that wants it: deps may
# have brought the libraries only just before.
once	 = $(eval $(1) := $$(2))$(2)
libs	 = $(shell $(PKG_CONFIG) --libs $(1))
PC_CFLAGS = $(call once,PC_CFLAGS,$(shell $(PKG_CONFIG) --cflags $(MODULES)))
# Optional: the user's own file of networks or countries.
MMDB	= $(call once,MMDB,$(shell $(PKG_CONFIG) --exists libmaxminddb && echo libmaxminddb))
MMDB_CPP = $(if $(MMDB),-DHAVE_MAXMINDDB)
# Optional: what listens to an interface; files are read without.
PCAP	= $(call once,PCAP,$(shell $(PKG_CONFIG) --exists libpcap && echo libpcap))
PCAP_CPP = $(if $(PCAP),-DHAVE_PCAP)
DATA_LIBS = $(call once,DATA_LIBS,$(call libs,sqlite3 libsodium jansson libarchive $(MMDB)))
SENSOR_LIBS = $(call once,SENSOR_LIBS,$(call libs,libevent_core gsl inih $(PCAP)) $(DATA_LIBS) -lm)
LAB_LIBS = $(call once,LAB_LIBS,$(call libs,libevent_core libsodium inih jansson libarchive) -lm)
SECCOMP_LIBS = $(call once,SECCOMP_LIBS,$(call libs,libseccomp))
PLOT_LIBS ?= -lplot $(call libs,librsvg-2.0) $(DATA_LIBS) $(call libs,gsl) -lm

SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CPP	= -D_GNU_SOURCE -DKANSOKU_VERSION='"$(VERSION)"' -I. -I$(B)/gen $(PC_CFLAGS) $(MMDB_CPP) $(PCAP_CPP) $(CPPFLAGS)
ALL_C	:= -std=c11 $(WARN) $(SANFLAGS) $(CFLAGS)
ALL_LD	:= $(SANFLAGS) -Wl,--as-needed $(LDFLAGS)

# ---- sources ----------------------------------------------------------------

# The folders of the sources, in the order of their layers: each may call those before it.
# The wires: a folder each.
NODES	:= node node/winny node/mainline node/bitcoin
ROOMS	:= $(NODES) data/lib data/format data/store data/evidence crawler/net crawler crawler/capture \
	   analysis/rounds analysis/detect analysis/incidents analysis plots tests/lab
PARTS	:= $(foreach d,$(ROOMS),$(if $(wildcard $d/*.c),$d))
part	 = $(B)/$(subst /,-,$(1)).a
obj	 = $(patsubst %.c,$(B)/%.o,$(1))
parts	 = $(foreach p,$(1),$(call part,$p))

# What no room owns: the contract, and the table of overlays.
CONTRACT := $(B)/observation.o $(B)/overlays.o
reverse	 = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
# The archives of those of the named rooms that are there, callers first.
upto	 = $(call parts,$(call reverse,$(filter $(1),$(PARTS))))

# A program is its main and the rooms it may call.
DATA	:= data/lib data/format data/store
ANALYSIS := analysis/rounds analysis/detect analysis/incidents analysis
SENSOR	:= $(B)/kansoku.o $(CONTRACT) $(call upto,$(NODES) $(DATA) data/evidence crawler/net crawler crawler/capture $(ANALYSIS))
LAB	:= $(B)/tests/lab/main.o $(CONTRACT) $(call upto,$(NODES) $(DATA) tests/lab)
PLOT	:= $(B)/plots/main.o $(CONTRACT) $(call upto,$(DATA) $(ANALYSIS) plots $(NODES))
# The same programs with one overlay more: what adding one takes.
TOY	:= $(B)/observation.o $(B)/tests/toy/overlays.o $(B)/tests/toy/toy.o
TOYS	:= $(B)/toy/kansoku $(B)/toy/kansoku-plot
PROGRAMS := $(B)/kansoku $(B)/kansoku-plot $(B)/kansoku-lab

UNIT	:= $(patsubst %.c,$(B)/%,$(sort $(shell find tests/unit -name 'test_*.c')))
FUZZ	:= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES	:= $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))

# A test links the rooms whose headers it includes, and what these may include.
LAYERS	:= tests/layers.txt
TESTS	:= $(shell find tests/unit tests/bench tests/fuzz -name '*.[ch]')
$(foreach t,$(shell awk -f tests/needs.awk $(LAYERS) $(TESTS)),$(eval needs_$(subst $(comma), ,$(subst =, := ,$t))))
roots	 = $(foreach r,$(1),$(if $(wildcard $r.c),$(B)/$r.o))
needed	 = $(sort $(call roots,$(needs_$(1))) $(CONTRACT)) $(call upto,$(needs_$(1)) $(NODES))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE all deps test check unit layers headers functions demo demo-bitcoin demo-mainline bench fuzz score replay hostile faults soak real real-deps \
	lint coverage install uninstall dist clean

MAN	:= $(patsubst %,$(B)/man/%,$(notdir $(wildcard manual/*.[15] plots/*.1)))
all: $(PROGRAMS) $(MAN)

# ---- rules ------------------------------------------------------------------

ifneq ($(V),1)
say = @printf '  %-5s %s\n' $(1) $(2);
endif

# Rewritten only when the command line changes, so that new flags rebuild.
$(B)/flags: export TEXT = $(CC) $(ALL_CPP) $(ALL_C)
$(B)/flags: FORCE | $(FIRST)
	@missing=$$($(PKG_CONFIG) --exists $(MODULES) || \
	for m in $(MODULES); do $(PKG_CONFIG) --exists $$m || printf ' %s' $$m; done); \
	[ -z "$$missing" ] || { echo "these libraries are missing:$$missing; \"make deps\" installs: $(PACKAGES)" >&2; exit 1; }
	@mkdir -p $(@D)
	@echo "$$TEXT" | cmp -s - $@ || echo "$$TEXT" > $@
FORCE:

# Texts that travel inside the programs: schema, registries, templates.
define gen
@mkdir -p $(@D)
$(call say,GEN,$@){ echo 'static const char $(subst -,_,$(subst .,_,$(notdir $*)))[] ='; \
sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $<; echo ';'; } > $@
endef
$(B)/gen/%.h: data/%
	$(gen)
$(B)/gen/%.h: plots/%
	$(gen)
$(B)/gen/node/%.h: node/%
	$(gen)
GENERATED := $(patsubst data/%,$(B)/gen/%.h,$(shell find data -name '*.sql' -o -name '*.csv' -o -name '*.txt' -o -path 'data/evidence/*.sh')) \
	   $(patsubst node/%,$(B)/gen/node/%.h,$(shell find node -name '*.csv')) \
	   $(patsubst plots/%,$(B)/gen/%.h,$(wildcard plots/templates/*)) $(B)/gen/filters.h

# What a confined process may call, made by libseccomp once and for all.
$(B)/filters: data/lib/filters/main.c $(B)/flags
	$(call say,CC,$@)$(CC) $(ALL_CPP) $(ALL_C) $(ALL_LD) -o $@ $< $(SECCOMP_LIBS)
$(B)/gen/filters.h: $(B)/filters
	@mkdir -p $(@D)
	$(call say,GEN,$@)$< > $@

$(B)/%.o: %.c $(B)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(ALL_CPP) $(ALL_C) -MMD -MP -c -o $@ $<

# The archive is made anew, so that a deleted file leaves it too.
define part_rule
$(call part,$(1)): $(call obj,$(filter-out %/main.c,$(wildcard $(1)/*.c)))
	$$(call say,AR,$$@)rm -f $$@; $$(AR) rcs $$@ $$^
endef
$(foreach p,$(PARTS),$(eval $(call part_rule,$p)))

link = $(call say,LD,$@)$(CC) $(ALL_LD) -o $@ $^
$(B)/kansoku: $(SENSOR)
	$(link) $(SENSOR_LIBS)
$(B)/toy/kansoku: $(filter-out $(CONTRACT),$(SENSOR)) $(TOY)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LD) -o $@ $(TOY) $(filter-out $(TOY),$^) $(SENSOR_LIBS)
$(B)/toy/kansoku-plot: $(filter-out $(CONTRACT),$(PLOT)) $(TOY)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LD) -o $@ $(TOY) $(filter-out $(TOY),$^) $(PLOT_LIBS)
$(B)/kansoku-lab: $(LAB)
	$(link) $(LAB_LIBS)
$(B)/kansoku-plot: $(PLOT)
	$(link) $(PLOT_LIBS)
# Archives in any order; libplot and librsvg are for those that draw.
$(foreach t,$(patsubst %.c,%,$(filter %.c,$(TESTS))),$(eval $(B)/$t: $(call needed,$t)))
$(foreach f,$(FUZZ),$(eval $(B)/replay_$f $(B)/fuzz_$f: $(call needed,tests/fuzz/fuzz_$f)))
link_test = $(call say,LD,$@)$(CC) $(ALL_LD) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	   $(1) $(SENSOR_LIBS) $(if $(filter $(call part,plots),$^),$(PLOT_LIBS))
$(B)/tests/unit/%: $(B)/tests/unit/%.o
	$(call link_test,-lcmocka $(SECCOMP_LIBS))
$(B)/tests/bench/%: $(B)/tests/bench/%.o
	$(call link_test)
$(B)/replay_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o
	$(call link_test)
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o
	$(call link_test,-fsanitize=fuzzer)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# Pages of the manual: what several say stands in manual/*.inc.
$(B)/man/%: manual/% $(wildcard manual/*.inc) Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed -e '/^\.\\" INCLUDE query$$/{r manual/query.inc' -e 'd;}' \
	-e '/^\.\\" INCLUDE common$$/{r manual/common.inc' -e 'd;}' -e 's/@VERSION@/$(VERSION)/' $< > $@
# The dictionary of data is what "kansoku schema" prints.
$(B)/man/kansoku-data.5: manual/kansoku-data.5 manual/dictionary.awk $(B)/kansoku Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@)$(B)/kansoku schema --format jsonl | awk -f manual/dictionary.awk > $@.inc && \
	sed -e '/^\.\\" INCLUDE dictionary$$/{r $@.inc' -e 'd;}' -e 's/@VERSION@/$(VERSION)/' $< > $@ && rm $@.inc
$(B)/man/%: plots/% Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed 's/@VERSION@/$(VERSION)/' $< > $@

# ---- checks -----------------------------------------------------------------

# DEPS=no installs nothing, whoever asks.
deps:
	@$(if $(filter yes,$(DEPS)),tests/deps.sh $(PACKAGES) $(TEST_PACKAGES),:)

REPLAYS	:= $(addprefix $(B)/replay_,$(FUZZ))

# T=pattern runs those tests alone whose names it is in; JOBS=number side by side.
unit: $(UNIT) $(REPLAYS)
	@tests/run.sh $(B) unit $(T)

test check: all $(TOYS) $(UNIT) $(REPLAYS) $(if $(T),,layers headers functions)
	@tests/run.sh $(B) all $(T)

# Who may include whom stands in tests/layers.txt.
layers: | $(FIRST)
	@tests/layers . $(LAYERS)

HEADERS	:= $(wildcard *.h $(addsuffix /*.h,$(PARTS)))
headers: $(GENERATED)
	@[ -n "$(HEADERS)" ] || { echo "not ok - headers: none was found"; exit 1; }; \
	printf '%s\n' $(HEADERS) | xargs -n 8 -P "$$(nproc)" $(CC) $(ALL_CPP) $(ALL_C) -fsyntax-only -x c && \
	echo "ok - every header stands alone: $(words $(HEADERS))"

functions: | $(FIRST)
	@tests/functions.sh

lint: $(GENERATED)
	@tests/lint.sh

demo: all
	@tests/demo.sh $(B)

demo-bitcoin: all
	@tests/demo-bitcoin.sh $(B)

demo-mainline: all
	@tests/demo-mainline.sh $(B)

bench: all $(BENCHES)
	@tests/bench.sh $(B)

# HOSTILE=quick: one small world; SEED=number: another one.
hostile: all
	@tests/hostile.sh $(B)

# FAULTS=quick: a minute's worth; SEED=number: other instants.
faults: all
	@tests/faults.sh $(B)

# SOAK=rounds; two seconds each.
soak: all
	@tests/soak.sh $(B)

score: all
	@tests/score.sh $(B)

# T=overlay: that one alone.  Programs that speak an overlay run nowhere but in the namespace.
real: all
	@tests/real.sh $(B) $(T)

real-deps:
	@mkdir -p $(B)/real; for t in $(if $(T),$(T:%=tests/real/%.sh),$(wildcard tests/real/*.sh)); do $$t $(abspath $(B)) install || exit 1; done

replay: all
	@tests/replay.sh $(B)

# Lines that the unit tests run, folder by folder; of a wire nearly all.  gcov comes with gcc.
coverage:
	@$(MAKE) --no-print-directory B=build/coverage CFLAGS='-O0 -g --coverage' \
	    LDFLAGS=--coverage $(patsubst %.c,build/coverage/%,$(wildcard $(UNIT:$(B)/%=%.c)))
	@tests/coverage.sh build/coverage $(foreach p,. $(PARTS),$p$(if $(filter $(filter-out %/lab,$(filter node node/%,$p)),$p),=95))

# libFuzzer needs the code itself instrumented, so it gets its own objects.
fuzz:
	@FUZZ_CC=$(FUZZ_CC) tests/fuzz.sh $(FUZZ_TIME) $(FUZZ)

# ---- install ----------------------------------------------------------------

UNITS	:= $(wildcard crawler/*.service plots/*.service plots/*.timer)
UNITDIR	?= $(PREFIX)/lib/systemd/system
USERDIR	?= $(PREFIX)/lib/sysusers.d
TMPDIR_D ?= $(PREFIX)/lib/tmpfiles.d
COMPDIR	?= $(PREFIX)/share/bash-completion/completions
DOCDIR	?= $(PREFIX)/share/doc/kansoku
EXAMPLES := $(wildcard crawler/*.conf.example plots/kansoku-daily.cron examples/*)
DOCS	:= README.md README.ja.md CHANGELOG.md LICENSE

# Files that name the programs learn where these are.
place	= for f in $(1); do sed 's|@BINDIR@|$(BINDIR)|g' $$f | \
	$(INSTALL) -m 644 /dev/stdin $(DESTDIR)$(2)/$${f\#\#*/} || exit 1; done

install: all
	$(INSTALL) -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR)/man1 $(MANDIR)/man5 $(UNITDIR) $(USERDIR) $(TMPDIR_D) $(COMPDIR) $(DOCDIR)/plots)
	$(INSTALL) -m 755 $(B)/kansoku $(B)/kansoku-plot plots/kansoku-daily $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 $(filter %.1,$(MAN)) $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 644 $(filter %.5,$(MAN)) $(DESTDIR)$(MANDIR)/man5
	$(call place,$(UNITS),$(UNITDIR))
	$(call place,$(EXAMPLES),$(DOCDIR))
	$(INSTALL) -m 644 crawler/kansoku.sysusers $(DESTDIR)$(USERDIR)/kansoku.conf
	$(INSTALL) -m 644 crawler/kansoku.tmpfiles $(DESTDIR)$(TMPDIR_D)/kansoku.conf
	$(INSTALL) -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)
	$(INSTALL) -m 644 plots/example.svg $(DESTDIR)$(DOCDIR)/plots
	$(INSTALL) -m 644 crawler/kansoku.bash $(DESTDIR)$(COMPDIR)/kansoku
	ln -sf kansoku $(DESTDIR)$(COMPDIR)/kansoku-plot
	ln -sf kansoku $(DESTDIR)$(COMPDIR)/kansoku-daily

# Files alone: whatever else is in these folders is not ours.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,kansoku kansoku-plot kansoku-daily) \
	    $(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(filter %.1,$(MAN)))) \
	    $(addprefix $(DESTDIR)$(MANDIR)/man5/,$(notdir $(filter %.5,$(MAN)))) \
	    $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS))) \
	    $(DESTDIR)$(USERDIR)/kansoku.conf $(DESTDIR)$(TMPDIR_D)/kansoku.conf \
	    $(addprefix $(DESTDIR)$(COMPDIR)/,kansoku kansoku-plot kansoku-daily) \
	    $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(EXAMPLES)) $(DOCS) plots/example.svg)
	rmdir $(DESTDIR)$(DOCDIR)/plots $(DESTDIR)$(DOCDIR) 2>/dev/null || :

# The tree as it is committed, alike byte for byte however often it is made.
dist:
	@mkdir -p $(B)
	git archive --format=tar --prefix=kansoku-$(VERSION)/ HEAD | gzip -9n > $(B)/kansoku-$(VERSION).tar.gz

clean:
	rm -rf build
