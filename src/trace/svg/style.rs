//! The colours, for light and for dark surroundings, and the classes that have them.

use smoltcp::socket::tcp::State;

use crate::trace::sides::Side;

/// The style sheet. Colours are written out, as some programs that draw SVG know no variables.
pub(super) const SHEET: &str = "
text { font: 12.5px ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328 }
.page { fill: #ffffff }
.label { stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke }
.name { font-weight: 700 }
.note { fill: #9a6700; font-weight: 700 }
.time { font-size: 11px; fill: #656d76 }
.fold { fill: #656d76; font-style: italic; stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
.title { font-weight: 700 }
.address { font-size: 11.5px; fill: #424a53 }
.head { stroke-width: 1.5px }
.timeline { stroke: #afb8c1; stroke-width: 2px }
.pause { stroke: #ffffff; stroke-width: 8px; stroke-dasharray: 3 4 }
.line { fill: none; stroke-width: 1.6px }
.copy { stroke-dasharray: 5 4 }
.left.line { stroke: #0969da } .left.tip { fill: #0969da } .left.head { fill: #ddf4ff; stroke: #0969da }
.right.line { stroke: #8250df } .right.tip { fill: #8250df } .right.head { fill: #fbefff; stroke: #8250df }
.bad.line { stroke: #cf222e } .bad.tip { fill: #cf222e }
.state { font-size: 11.5px; font-weight: 700 } .derived { font-style: italic; font-weight: 400 }
.state.opening { fill: #9a6700 } .state.open { fill: #1a7f37 } .state.closing { fill: #bc4c00 } .state.closed { fill: #656d76 }
.bar.opening { fill: #d4a72c } .bar.open { fill: #2da44e } .bar.closing { fill: #e16f24 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.page { fill: #0d1117 }
.label, .fold, .pause { stroke: #0d1117 }
.note { fill: #e3b341 }
.time, .fold { fill: #8b949e }
.address { fill: #b1bac4 }
.timeline { stroke: #484f58 }
.left.line { stroke: #58a6ff } .left.tip { fill: #58a6ff } .left.head { fill: #0c2d6b; stroke: #58a6ff }
.right.line { stroke: #bc8cff } .right.tip { fill: #bc8cff } .right.head { fill: #3c1e70; stroke: #bc8cff }
.bad.line { stroke: #ff7b72 } .bad.tip { fill: #ff7b72 }
.state.opening { fill: #e3b341 } .state.open { fill: #56d364 } .state.closing { fill: #ffa657 } .state.closed { fill: #8b949e }
.bar.opening { fill: #bb8009 } .bar.open { fill: #2ea043 } .bar.closing { fill: #db6d28 }
}
";

/// What it has more where there is little room.
pub(super) const NARROW: &str = "\
.small { font-size: 9px } .narrow { font-size: 10.5px }
";

/// What it has more where there are sentences.
pub(super) const SENTENCES: &str = "\
.sentence { font-size: 11.5px; fill: #0b6e75; stroke: #ffffff; stroke-width: 3px; stroke-linejoin: round; paint-order: stroke }
@media (prefers-color-scheme: dark) {
.sentence { fill: #76d7de; stroke: #0d1117 }
}
";

/// The class of what comes from a side.
pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
}

/// The class of a state; `None` if there is no connection in it.
pub(super) fn state(state: State) -> Option<&'static str> {
    match state {
        State::Closed | State::Listen => None,
        State::SynSent | State::SynReceived => Some("opening"),
        State::Established => Some("open"),
        _ => Some("closing"),
    }
}
