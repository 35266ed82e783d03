# make                  build the programs into build/
# make test             unit tests, saved fuzz inputs, end-to-end tests, layers, headers
# make demo             a lab overlay, a crawl, a flood, a chart: the whole path
# make bench            measured figures beside the limits they are held against
# make fuzz             libFuzzer on every target; FUZZ_TIME=seconds each
# make hostile          half of a lab's nodes are hostile: time, memory, counts
# make faults           kill -9, full disk, no memory, bad clock: nothing is lost
# make soak             one long crawl of a churning lab: nothing grows
# make score            accuracy of the verdicts on simulated worlds, hours; SCORE=quick, minutes
# make lint             cppcheck, clang-tidy, gcc -fanalyzer
# make coverage         line coverage of node/ by the unit tests
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
VERSION	:= 0.1.0

comma	:= ,
space	:= $() $()
B	?= build$(if $(SAN),/$(subst $(comma),-,$(SAN)))

# ---- what the project needs, kept apart from what the user sets --------------

WARN	:= -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes \
	   -Wmissing-prototypes -Wformat=2 -Wvla -Wwrite-strings $(if $(WERROR),-Werror)
MODULES	:= libevent_core sqlite3 libsodium jansson gsl libarchive inih libpng libseccomp
# One package for each module above, in no order; plotutils ships no .pc file.
PACKAGES := gcc make pkg-config libevent-dev libsqlite3-dev libsodium-dev libjansson-dev \
	   libgsl-dev libarchive-dev libinih-dev libpng-dev libseccomp-dev libplot-dev
TEST_PACKAGES := libcmocka-dev sqlite3 jq python3 minisign openssl librsvg2-bin libxml2-utils

# Goals that prepare the machine themselves, before anything is asked of it.
SELF_SUFFICIENT := test demo bench score replay hostile faults soak deps
ifneq ($(filter $(SELF_SUFFICIENT),$(MAKECMDGOALS)),)
ifeq ($(DEPS),yes)
$(if $(shell tests/deps.sh $(PACKAGES) $(TEST_PACKAGES) >&2 || echo failed),\
	$(error packages are missing and could not be installed: see above))
endif
endif
ifeq ($(filter clean uninstall layers,$(MAKECMDGOALS)),)
missing	:= $(strip $(foreach m,$(MODULES),$(shell $(PKG_CONFIG) --exists $m || echo $m)))
ifneq ($(missing),)
$(error these libraries are missing: $(missing). "make deps" installs: $(PACKAGES))
endif
endif

libs	 = $(shell $(PKG_CONFIG) --libs $(1))
PC_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(MODULES))
DATA_LIBS := $(call libs,sqlite3 libsodium jansson libarchive)
SENSOR_LIBS := $(call libs,libevent_core) $(DATA_LIBS) $(call libs,gsl inih) -lm
# Optional: the user's own file of networks or countries.
ifeq ($(shell $(PKG_CONFIG) --exists libmaxminddb && echo y),y)
MMDB_CPP := -DHAVE_MAXMINDDB
SENSOR_LIBS += $(call libs,libmaxminddb)
endif
LAB_LIBS := $(call libs,libevent_core inih jansson) -lm
PLOT_LIBS ?= -lplot $(call libs,libpng) $(DATA_LIBS) $(call libs,gsl) -lm

SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CPP	:= -D_GNU_SOURCE -DKANSOKU_VERSION='"$(VERSION)"' -I. -I$(B)/gen $(PC_CFLAGS) $(MMDB_CPP) $(CPPFLAGS)
ALL_C	:= -std=c11 $(WARN) $(SANFLAGS) $(CFLAGS)
ALL_LD	:= $(SANFLAGS) -Wl,--as-needed $(LDFLAGS)

# ---- sources ----------------------------------------------------------------

# The folders of the sources, in the order of their layers: each may call those before it.
ROOMS	:= node node/winny data/lib data/format data/store data/evidence crawler/net crawler \
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
SENSOR	:= $(B)/kansoku.o $(CONTRACT) $(call upto,node node/winny $(DATA) data/evidence crawler/net crawler $(ANALYSIS))
LAB	:= $(B)/tests/lab/main.o $(CONTRACT) $(call upto,node node/winny $(DATA) tests/lab)
PLOT	:= $(B)/plots/main.o $(CONTRACT) $(call upto,$(DATA) $(ANALYSIS) plots node node/winny)
PROGRAMS := $(B)/kansoku $(B)/kansoku-plot $(B)/kansoku-lab

UNIT	:= $(patsubst %.c,$(B)/%,$(sort $(shell find tests/unit -name 'test_*.c')))
FUZZ	:= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES	:= $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))
ALL_PARTS := $(CONTRACT) $(call upto,$(ROOMS))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE all deps test check unit layers headers functions demo bench fuzz score replay hostile faults soak \
	lint coverage install uninstall clean

all: $(PROGRAMS)

# ---- rules ------------------------------------------------------------------

ifneq ($(V),1)
say = @printf '  %-5s %s\n' $(1) $(2);
endif

# Rewritten only when the command line changes, so that new flags rebuild.
$(B)/flags: export TEXT = $(CC) $(ALL_CPP) $(ALL_C)
$(B)/flags: FORCE
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
GENERATED := $(patsubst data/%,$(B)/gen/%.h,$(shell find data -name '*.sql' -o -name '*.csv' -o -name '*.txt')) \
	   $(patsubst plots/%,$(B)/gen/%.h,$(wildcard plots/templates/*)) $(B)/gen/filters.h

# What a confined process may call, made by libseccomp once and for all.
$(B)/filters: data/lib/filters/main.c $(B)/flags
	$(call say,CC,$@)$(CC) $(ALL_CPP) $(ALL_C) $(ALL_LD) -o $@ $< $(call libs,libseccomp)
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
$(B)/kansoku-lab: $(LAB)
	$(link) $(LAB_LIBS)
$(B)/kansoku-plot: $(PLOT)
	$(link) $(PLOT_LIBS)
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(ALL_PARTS)
	$(link) -lcmocka $(SENSOR_LIBS) $(PLOT_LIBS) $(call libs,libseccomp)
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(ALL_PARTS)
	$(link) $(SENSOR_LIBS) $(PLOT_LIBS)
$(B)/replay_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(ALL_PARTS)
	$(link) $(SENSOR_LIBS)
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(ALL_PARTS)
	$(link) -fsanitize=fuzzer $(SENSOR_LIBS)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- checks -----------------------------------------------------------------

deps:
	@:

REPLAYS	:= $(addprefix $(B)/replay_,$(FUZZ))

unit: $(UNIT) $(REPLAYS)
	@tests/run.sh $(B) unit

test check: all $(UNIT) $(REPLAYS) layers headers functions
	@tests/run.sh $(B) all

# A folder may include only from the folders named here, and its own system headers.
uses_node	:= node
uses_node/winny	:= node
uses_data	:= data
uses_data/evidence := data
uses_crawler	:= crawler node data
uses_crawler/net	:= crawler node data
uses_data/lib	:= data
uses_data/format	:= data
uses_data/store	:= data
uses_analysis/rounds	:= analysis data
uses_analysis/detect	:= analysis data
uses_analysis/incidents	:= analysis data
uses_analysis	:= analysis data
uses_plots	:= plots analysis data
uses_tests/lab	:= tests/lab node data
layers:
	@bad=0; $(foreach d,$(PARTS),\
	grep -nHE '^#include "[a-z_]+/' $(wildcard $d/*.[ch]) /dev/null | \
	grep -vE '"($(subst $(space),|,$(uses_$d))|registries|evidence|store|templates)/' && bad=1;) \
	grep -nE '^#include "data/evidence/' $(wildcard data/*.[ch]) && bad=1; \
	grep -lE '<sqlite3\.h>' $$(git ls-files '*.[ch]' 2>/dev/null) /dev/null | grep -vE '^(data|tests)/' && bad=1; \
	grep -lE '<plot\.h>' $$(git ls-files '*.[ch]' 2>/dev/null) /dev/null | grep -vE '^plots/canvas\.c$$' && bad=1; \
	grep -lE '<event2/' $$(git ls-files '*.[ch]' 2>/dev/null) /dev/null | grep -vE '^(crawler|tests)/' && bad=1; \
	[ $$bad = 0 ] && echo "ok - layers"

headers: $(GENERATED)
	@for h in observation.h $(foreach d,$(PARTS),$(wildcard $d/*.h)); do \
	$(CC) $(ALL_CPP) $(ALL_C) -fsyntax-only -x c $$h || exit 1; done; \
	echo "ok - every header stands alone"

functions:
	@tests/functions.sh

lint: $(GENERATED)
	@tests/lint.sh

demo: all
	@tests/demo.sh $(B)

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

replay: all
	@tests/replay.sh $(B)

# Lines of node/ that the unit tests of node/ run; gcov comes with gcc.
coverage:
	@$(MAKE) --no-print-directory B=build/coverage CFLAGS='-O0 -g --coverage' \
	    LDFLAGS=--coverage $(patsubst %.c,build/coverage/%,$(wildcard tests/unit/node/winny/test_*.c tests/unit/node/test_*.c))
	@tests/coverage.sh build/coverage node

# libFuzzer needs the code itself instrumented, so it gets its own objects.
fuzz:
	@FUZZ_CC=$(FUZZ_CC) tests/fuzz.sh $(FUZZ_TIME) $(FUZZ)

# ---- install ----------------------------------------------------------------

MAN1	:= $(wildcard crawler/*.1 plots/*.1)
UNITS	:= $(wildcard crawler/*.service plots/*.service plots/*.timer)
UNITDIR	?= $(PREFIX)/lib/systemd/system
USERDIR	?= $(PREFIX)/lib/sysusers.d
COMPDIR	?= $(PREFIX)/share/bash-completion/completions
DOCDIR	?= $(PREFIX)/share/doc/kansoku
EXAMPLES := $(wildcard crawler/*.conf.example plots/kansoku-daily.cron)
DOCS	:= README.md README.ja.md LICENSE

# Files that name the programs learn where these are.
place	= for f in $(1); do sed 's|@BINDIR@|$(BINDIR)|g' $$f | \
	$(INSTALL) -m 644 /dev/stdin $(DESTDIR)$(2)/$${f\#\#*/} || exit 1; done

install: all
	$(INSTALL) -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR)/man1 $(UNITDIR) $(USERDIR) $(COMPDIR) $(DOCDIR)/plots)
	$(INSTALL) -m 755 $(B)/kansoku $(B)/kansoku-plot plots/kansoku-daily $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 $(MAN1) $(DESTDIR)$(MANDIR)/man1
	$(call place,$(UNITS),$(UNITDIR))
	$(call place,$(EXAMPLES),$(DOCDIR))
	$(INSTALL) -m 644 crawler/kansoku.sysusers $(DESTDIR)$(USERDIR)/kansoku.conf
	$(INSTALL) -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)
	$(INSTALL) -m 644 plots/example.svg $(DESTDIR)$(DOCDIR)/plots
	$(INSTALL) -m 644 crawler/kansoku.bash $(DESTDIR)$(COMPDIR)/kansoku
	ln -sf kansoku $(DESTDIR)$(COMPDIR)/kansoku-plot
	ln -sf kansoku $(DESTDIR)$(COMPDIR)/kansoku-daily

# Files alone: whatever else is in these folders is not ours.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,kansoku kansoku-plot kansoku-daily) \
	    $(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(MAN1))) \
	    $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS))) \
	    $(DESTDIR)$(USERDIR)/kansoku.conf \
	    $(addprefix $(DESTDIR)$(COMPDIR)/,kansoku kansoku-plot kansoku-daily) \
	    $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(EXAMPLES)) $(DOCS) plots/example.svg)
	rmdir $(DESTDIR)$(DOCDIR)/plots $(DESTDIR)$(DOCDIR) 2>/dev/null || :

clean:
	rm -rf build
