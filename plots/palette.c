/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/palette.h"

const struct colour_pair palette[COLOUR_N] = {
	[COLOUR_PAPER]	= { 0xffffff, 0x14181e },
	[COLOUR_TEXT]	= { 0x1d2530, 0xe8ebef },
	[COLOUR_MUTED]	= { 0x5b6572, 0xa4aeba },
	[COLOUR_AXIS]	= { 0x8893a0, 0x6c7783 },
	[COLOUR_GRID]	= { 0xdfe4ea, 0x2a313a },
	[COLOUR_WEEKEND]	= { 0xf6f7f9, 0x1a1f26 },
	[COLOUR_GAP]	= { 0xeceff2, 0x242b33 },
	[COLOUR_HATCH]	= { 0xc4cbd3, 0x4a5561 },
	[COLOUR_ALERT]	= { 0xfde3df, 0x40201c },
	[COLOUR_ALERT_WEEKEND] = { 0xf9d6d0, 0x4a2520 },
	[COLOUR_ALERT_CAP]	= { 0xc63f22, 0xff7356 },
	[COLOUR_WARN]	= { 0xfff0d6, 0x392c14 },
	[COLOUR_WARN_WEEKEND] = { 0xfbe8c6, 0x433419 },
	[COLOUR_WARN_CAP]	= { 0x9a6200, 0xf0a93a },
	[COLOUR_STEP]	= { 0xe6ecf6, 0x1f2937 },
	[COLOUR_STEP_WEEKEND] = { 0xdbe4f2, 0x263345 },
	[COLOUR_STEP_CAP]	= { 0x56719c, 0x8fabd6 },
	[COLOUR_RED]	= { 0xcf2f2f, 0xff6b62 },
	[COLOUR_AMBER]	= { 0xbf8400, 0xf2b632 },
	[COLOUR_BLUE]	= { 0x1f66c1, 0x62a4f5 },
	[COLOUR_GREEN]	= { 0x18865a, 0x3ccb8d },
	[COLOUR_TEAL]	= { 0x0f8f96, 0x3fd0d6 },
	[COLOUR_OLIVE]	= { 0x6f8f1c, 0xb1d454 },
	[COLOUR_GREY]	= { 0x7d8794, 0x97a2af },
	[COLOUR_VIOLET]	= { 0x7a4fb5, 0xb794f0 },
	[COLOUR_RED_PALE]	= { 0xf4bfb8, 0x55292a },
	[COLOUR_AMBER_PALE] = { 0xfae3b0, 0x4b3a17 },
	[COLOUR_BLUE_PALE]	= { 0xd4e3f6, 0x203853 },
	[COLOUR_GREEN_PALE] = { 0xcfe9dc, 0x1c4334 },
	[COLOUR_DIGIT_LOW]	= { 0x1d2631, 0xe6ebf2 },
	[COLOUR_DIGIT_HIGH] = { 0xfefefe, 0x0c1219 },
	[COLOUR_BLOCKED]	= { 0xd6402f, 0xff7a66 },
	[COLOUR_HEAT]	= { 0xf3f8fd, 0x18212c },
	[COLOUR_HEAT + 1]	= { 0xdfecf8, 0x1a2b40 },
	[COLOUR_HEAT + 2]	= { 0xc8dff2, 0x1b3656 },
	[COLOUR_HEAT + 3]	= { 0xa5cde9, 0x1d436d },
	[COLOUR_HEAT + 4]	= { 0x75b1dc, 0x225489 },
	[COLOUR_HEAT + 5]	= { 0x4a94cc, 0x2f6ba6 },
	[COLOUR_HEAT + 6]	= { 0x2c74b4, 0x5494d0 },
	[COLOUR_HEAT + 7]	= { 0x145291, 0x85b9ea },
	[COLOUR_HEAT + 8]	= { 0x0a3163, 0xbbdcfb },
	[COLOUR_LESS]	= { 0xdce8f4, 0x1f3147 },
	[COLOUR_LESS + 1]	= { 0xa9cae6, 0x28507a },
	[COLOUR_LESS + 2]	= { 0x5b9bd0, 0x336ca3 },
	[COLOUR_LESS + 3]	= { 0x1c5a9c, 0x8cc0f2 },
	[COLOUR_MORE]	= { 0xfae4dd, 0x452620 },
	[COLOUR_MORE + 1]	= { 0xf3b5a3, 0x7b3a2d },
	[COLOUR_MORE + 2]	= { 0xe07257, 0xa34f3b },
	[COLOUR_MORE + 3]	= { 0xab2d1d, 0xff9b84 },
};

enum colour
palette_on_heat(int i)
{
	return i >= 6 ? COLOUR_DIGIT_HIGH : COLOUR_DIGIT_LOW;
}

enum colour
palette_on_side(int i)
{
	return i == COLOUR_SIDE_STEPS - 1 ? COLOUR_DIGIT_HIGH : COLOUR_DIGIT_LOW;
}
