//! From a scene to the text of an SVG.

use std::fmt::Write as _;

use super::{
    MOST_STATES,
    layered::{Point, Size},
    metrics,
    model::{LinkKind, Vertex},
    overlay::{Outcome, Overlay},
    scene::{self, Frame, HEADER, INDENT, LOOP, Line, Rect, SMALL, Scene},
    write::{Escaped, Number, path},
};
use crate::{
    definition::Definition,
    state::{State, StateKind},
};

const STYLE: &str = include_str!("style.css");
/// Characters of the definition's comment that are kept.
const LONGEST_COMMENT: usize = 500;
/// Reasons of one transition that its title names.
const MOST_REASONS: usize = 8;
/// The row of signs and their meanings below the picture.
const LEGEND: f64 = 28.0;

const ARROWS: &str = "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" \
    markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"arrow\" d=\"M0 0L8 4L0 8z\"/>\
    </marker><marker id=\"catch-arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" \
    markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"catch-arrow\" d=\"M0 0L8 4L0 \
    8z\"/></marker></defs>\n";

/// The whole document.
pub(super) fn picture(definition: &Definition, overlay: &Overlay, scene: &Scene) -> String {
    let legend = Legend::new(overlay, scene);
    let size = Size { width: scene.size.width.max(legend.width), height: scene.size.height + legend.height() };
    let count = definition.states().count();
    let title = if count == 1 { "Workflow of 1 state".to_owned() } else { format!("Workflow of {count} states") };
    let mut text = opening(size, &title, &description(definition, overlay));
    text.push_str(ARROWS);
    let mut renderer = Renderer { definition, overlay, text };
    for frame in &scene.frames {
        renderer.frame(frame);
    }
    let mut text = renderer.text;
    legend.write(scene.size.height, &mut text);
    text.push_str("</svg>\n");
    text
}

/// Says how large the definition is, instead of showing it.
pub(super) fn too_large(definition: &Definition) -> String {
    let count = definition.states().count();
    let message = format!("This workflow of {count} states is too large to draw; at most {MOST_STATES} are.");
    let mut text = opening(Size { width: 520.0, height: 60.0 }, &message, "");
    let _ = writeln!(text, "<text x=\"24\" y=\"35\">{}</text>\n</svg>", Escaped(&message));
    text
}

fn opening(size: Size, title: &str, description: &str) -> String {
    let (width, height) = (Number(size.width.ceil()), Number(size.height.ceil()));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\" role=\"img\" aria-labelledby=\"graph-title graph-description\">\n<title \
         id=\"graph-title\">{}</title>\n<desc id=\"graph-description\">{}</desc>\n<style>\n{STYLE}</style>\n<rect \
         class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n",
        Escaped(title),
        Escaped(description),
    )
}

/// The definition's comment, and where an execution stands.
fn description(definition: &Definition, overlay: &Overlay) -> String {
    let mut text: String = definition.comment.iter().flat_map(|text| text.chars()).take(LONGEST_COMMENT).collect();
    for outcome in [Outcome::Succeeded, Outcome::Caught, Outcome::Running, Outcome::Failed] {
        let names = overlay.states.iter().filter(|(_, run)| run.outcome == outcome).map(|(name, _)| name.as_str());
        let names: Vec<&str> = names.take(MOST_STATES).collect();
        if !names.is_empty() {
            let space = if text.is_empty() { "" } else { " " };
            let _ = write!(text, "{space}{}: {}.", outcome.word(), names.join(", "));
        }
    }
    text
}

struct Renderer<'a> {
    definition: &'a Definition,
    overlay: &'a Overlay,
    text: String,
}

impl Renderer<'_> {
    /// Boxes over lines over the border. What a box of this frame holds comes with a later frame, over it.
    fn frame(&mut self, frame: &Frame) {
        let class = if frame.border.is_some() { "frame within" } else { "frame" };
        let _ = writeln!(self.text, "<g class=\"{class}\">");
        if let Some(border) = frame.border {
            let _ = writeln!(self.text, "<rect class=\"inner\" {} rx=\"6\"/>", attributes(border));
        }
        for line in &frame.lines {
            self.line(line, frame);
        }
        let Point { x, y } = frame.start;
        let _ = writeln!(self.text, "<circle class=\"mark\" cx=\"{}\" cy=\"{}\" r=\"5\"/>", Number(x), Number(y));
        if let Some(Point { x, y }) = frame.end {
            let (x, y) = (Number(x), Number(y));
            let _ = writeln!(
                self.text,
                "<circle class=\"ring\" cx=\"{x}\" cy=\"{y}\" r=\"6\"/><circle class=\"mark\" cx=\"{x}\" cy=\"{y}\" \
                 r=\"3\"/>"
            );
        }
        for (id, rect) in &frame.boxes {
            self.state(self.definition.state(*id), *rect);
        }
        for (label, at) in frame.lines.iter().filter_map(|line| line.label.as_ref()) {
            self.label(label, *at);
        }
        self.text.push_str("</g>\n");
    }

    /// On a ground of its own, so that no line shows between its letters.
    fn label(&mut self, label: &str, at: Point) {
        let width = metrics::width(label, SMALL, false) + 4.0;
        let ground = Rect { left: at.x - width / 2.0, top: at.y - 7.0, size: Size { width, height: 14.0 } };
        let (x, y) = (Number(at.x), Number(at.y + 4.0));
        let _ = writeln!(
            self.text,
            "<rect class=\"ground\" {}/><text class=\"label\" x=\"{x}\" y=\"{y}\">{}</text>",
            attributes(ground),
            Escaped(label)
        );
    }

    fn line(&mut self, line: &Line, frame: &Frame) {
        let definition = self.definition;
        let (from, to) = (end_name(definition, line.from), end_name(definition, line.to));
        let (class, marker) = match line.kind {
            LinkKind::Next => ("link", "arrow"),
            LinkKind::Catch => ("link catch", "catch-arrow"),
        };
        let shape = if line.points.is_empty() { own_loop(line, frame) } else { path(&line.points) };
        let marker = if line.arrives { format!(" marker-end=\"url(#{marker})\"") } else { String::new() };
        let _ = writeln!(
            self.text,
            "<path class=\"{class}\" data-from=\"{}\" data-to=\"{}\" d=\"{shape}\"{marker}><title>{}</title></path>",
            Escaped(from),
            Escaped(to),
            Escaped(&line_title(definition, line)),
        );
    }

    fn state(&mut self, state: &State, rect: Rect) {
        let run = self.overlay.states.get(&*state.name);
        let outcome = match run {
            Some(run) => run.outcome.word(),
            None if self.overlay.states.is_empty() => "plain",
            None => "unreached",
        };
        let _ = write!(self.text, "<g class=\"state {outcome}\" data-state=\"{}\">", Escaped(&state.name));
        let mut title = format!("{}: {}", state.name, state.type_name());
        if let Some(comment) = &state.comment {
            let comment: String = comment.chars().take(LONGEST_COMMENT).collect();
            let _ = write!(title, ". {comment}");
        }
        if let Some(run) = run {
            let _ = write!(title, " ({outcome}, {})", run.short());
        }
        let _ = write!(self.text, "<title>{}</title>", Escaped(&title));
        let _ = write!(self.text, "<rect class=\"box\" {} rx=\"8\"/>", attributes(rect));
        self.icon(state, rect);
        self.line_of_text("name", rect.left + INDENT, rect.top + 20.0, &scene::name(state));
        self.line_of_text("kind", rect.left + INDENT, rect.top + 36.0, &scene::kind(state));
        if let Some(run) = run {
            self.line_of_text("run", rect.left + rect.size.width - 10.0, rect.top + 36.0, &run.short());
            let at = Point { x: rect.left + rect.size.width - 16.0, y: rect.top + 15.0 };
            sign(run.outcome, at, &mut self.text);
        }
        self.text.push_str("</g>\n");
    }

    fn icon(&mut self, state: &State, rect: Rect) {
        let (x, y) = (Number(rect.left + 11.0), Number(rect.top + (HEADER - 16.0) / 2.0));
        let shape = icon(&state.kind);
        let _ = write!(self.text, "<path class=\"icon\" transform=\"translate({x} {y})\" d=\"{shape}\"/>");
    }

    fn line_of_text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let (x, y) = (Number(x), Number(y));
        let _ = write!(self.text, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", Escaped(text));
    }
}

fn line_title(definition: &Definition, line: &Line) -> String {
    let name = |vertex| if vertex == Vertex::Start { "Start" } else { end_name(definition, vertex) };
    let to = if line.to == Vertex::End { "End" } else { name(line.to) };
    let mut title = format!("{} \u{2192} {to}", name(line.from));
    if line.kind == LinkKind::Catch {
        title.push_str(", catches");
    }
    for reason in line.reasons.iter().take(MOST_REASONS) {
        let _ = write!(title, "; {reason}");
    }
    if line.reasons.len() > MOST_REASONS {
        let _ = write!(title, "; and {} more", line.reasons.len() - MOST_REASONS);
    }
    title
}

/// The name of a state; nothing for where a machine starts or ends.
fn end_name(definition: &Definition, vertex: Vertex) -> &str {
    match vertex {
        Vertex::State(id) => &definition.state(id).name,
        Vertex::Start | Vertex::End => "",
    }
}

fn attributes(rect: Rect) -> String {
    let Rect { left, top, size } = rect;
    let (left, top, width, height) = (Number(left), Number(top), Number(size.width), Number(size.height));
    format!("x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"")
}

/// Out of the right side of the box and back into it.
fn own_loop(line: &Line, frame: &Frame) -> String {
    let found = frame.boxes.iter().find(|(id, _)| Vertex::State(*id) == line.from);
    let (_, rect) = found.expect("only states lead to themselves");
    let (right, y) = (rect.left + rect.size.width, rect.top + HEADER / 2.0);
    let (right, out) = (Number(right), Number(right + LOOP * 1.3));
    format!(
        "M{right} {}C{out} {} {out} {} {right} {}",
        Number(y - 10.0),
        Number(y - 22.0),
        Number(y + 22.0),
        Number(y + 10.0)
    )
}

/// In 16 by 16.
fn icon(kind: &StateKind) -> &'static str {
    match kind {
        StateKind::Pass { .. } => "M2 8H13M9 4L13 8L9 12",
        StateKind::Task(_) => "M9 2L4 9H8L7 14L12 7H8z",
        StateKind::Choice(_) => "M8 1.5L14.5 8L8 14.5L1.5 8z",
        StateKind::Wait(_) => "M8 2A6 6 0 1 0 8 14A6 6 0 1 0 8 2zM8 5V8.3L10.3 9.6",
        StateKind::Parallel { .. } => "M4 3V13M8 3V13M12 3V13",
        StateKind::Map(_) => "M5.5 5.5H13.5V13.5H5.5zM2.5 10.5V2.5H10.5",
        StateKind::Succeed => "M8 2A6 6 0 1 0 8 14A6 6 0 1 0 8 2zM5.3 8.2L7.2 10.1L10.7 6.2",
        StateKind::Fail { .. } => "M8 2A6 6 0 1 0 8 14A6 6 0 1 0 8 2zM6 6L10 10M10 6L6 10",
    }
}

/// A disc with a sign, so that colour is not all there is.
fn sign(outcome: Outcome, at: Point, text: &mut String) {
    let (x, y) = (Number(at.x), Number(at.y));
    let shape = match outcome {
        Outcome::Succeeded => "M-3 .2L-.9 2.3L3 -2.1",
        Outcome::Failed => "M-2.3 -2.3L2.3 2.3M2.3 -2.3L-2.3 2.3",
        Outcome::Running => "M-2.9 0H-2.8M0 0H.1M2.9 0H3",
        Outcome::Caught => "M0 -3V.4M0 2.8V2.9",
    };
    let _ = write!(
        text,
        "<circle class=\"disc\" cx=\"{x}\" cy=\"{y}\" r=\"6.5\"/><path class=\"sign\" transform=\"translate({x} \
         {y})\" d=\"{shape}\"/>"
    );
}

/// What signs and dashes mean, where there are any.
struct Legend {
    outcomes: Vec<Outcome>,
    catches: bool,
    width: f64,
}

impl Legend {
    fn new(overlay: &Overlay, scene: &Scene) -> Self {
        let mut outcomes: Vec<Outcome> = overlay.states.values().map(|run| run.outcome).collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        let catches = scene.frames.iter().flat_map(|frame| &frame.lines).any(|line| line.kind == LinkKind::Catch);
        let width = if outcomes.is_empty() { 0.0 } else { 40.0 + 90.0 * outcomes.len() as f64 };
        Self { width: width + if catches { 110.0 } else { 0.0 }, outcomes, catches }
    }

    fn height(&self) -> f64 {
        if self.width > 0.0 { LEGEND } else { 0.0 }
    }

    fn write(&self, top: f64, text: &mut String) {
        let (mut x, y) = (24.0, top);
        for outcome in &self.outcomes {
            let _ = write!(text, "<g class=\"{}\">", outcome.word());
            sign(*outcome, Point { x: x + 7.0, y }, text);
            let _ = writeln!(text, "<text x=\"{}\" y=\"{}\">{}</text></g>", x + 19.0, y + 4.0, outcome.word());
            x += 90.0;
        }
        if self.catches {
            let (from, to, label) = (Number(x), Number(x + 26.0), Number(x + 33.0));
            let _ = writeln!(
                text,
                "<path class=\"link catch\" d=\"M{from} {}H{to}\"/><text x=\"{label}\" y=\"{}\">on error</text>",
                Number(y),
                Number(y + 4.0)
            );
        }
    }
}
