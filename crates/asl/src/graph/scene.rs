//! Where everything stands: the machines of a definition laid out one within the other.

use super::{
    MOST_LINKS, MOST_POINTS, MOST_STATES, describe,
    layered::{self, Layout, Point, Size},
    metrics,
    model::{Link, LinkKind, Model, Vertex},
    overlay::Overlay,
};
use crate::{
    definition::{Definition, MachineId, StateId},
    state::{State, StateKind},
};

/// Font sizes of names and of everything else.
pub(super) const LARGE: f64 = 13.0;
pub(super) const SMALL: f64 = 11.0;
/// The first and second line of a box.
pub(super) const HEADER: f64 = 46.0;
/// From the left edge of a box to its text, past the icon.
pub(super) const INDENT: f64 = 34.0;
/// From the text to the right edge, with the sign of the outcome.
const RIGHT: f64 = 12.0;
const SIGN: f64 = 20.0;
const WIDEST_NAME: f64 = 260.0;
const NARROWEST: f64 = 104.0;
/// Around the machines in a container and around the whole picture.
pub(super) const PADDING: f64 = 14.0;
const MARGIN: f64 = 24.0;
/// Diameters of the marks where a machine starts and ends.
const START: f64 = 12.0;
const END: f64 = 14.0;
const WIDEST_LABEL: f64 = 170.0;
const LABEL_HEIGHT: f64 = 14.0;
/// A loop from a state to itself sticks out this far.
pub(super) const LOOP: f64 = 26.0;

/// A rectangle in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) size: Size,
}

/// A transition in the picture.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) from: Vertex,
    pub(super) to: Vertex,
    pub(super) kind: LinkKind,
    pub(super) reasons: Vec<String>,
    pub(super) label: Option<(String, Point)>,
    /// Empty for a loop from a state to itself.
    pub(super) points: Vec<Point>,
    pub(super) arrives: bool,
}

/// One machine in the picture.
#[derive(Debug)]
pub(super) struct Frame {
    /// Around a branch or an item processor; `None` for the top level.
    pub(super) border: Option<Rect>,
    pub(super) start: Point,
    pub(super) end: Option<Point>,
    pub(super) boxes: Vec<(StateId, Rect)>,
    pub(super) lines: Vec<Line>,
}

/// The picture without its looks. The frames are in the order of their machines: containers before what they hold.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) size: Size,
    pub(super) frames: Vec<Frame>,
}

/// A machine that is laid out but not placed.
struct Draft {
    model: Model,
    /// Of the boxes, without room for loops; by vertex.
    sizes: Vec<Size>,
    layout: Layout,
}

impl Scene {
    /// `None` for a definition that is too large to draw.
    pub(super) fn new(definition: &Definition, overlay: &Overlay) -> Option<Self> {
        if definition.states().count() > MOST_STATES {
            return None;
        }
        let models: Vec<Model> = definition.machines().map(|id| Model::new(definition, id)).collect();
        if models.iter().map(|model| model.links.len()).sum::<usize>() > MOST_LINKS {
            return None;
        }
        // A machine comes after the one that holds it, so the innermost are laid out first.
        let mut sizes = vec![Size { width: 0.0, height: 0.0 }; models.len()];
        let mut drafts = Vec::with_capacity(models.len());
        for (index, model) in models.into_iter().enumerate().rev() {
            let draft = Draft::new(definition, overlay, model, &sizes)?;
            sizes[index] = draft.layout.size;
            drafts.push(draft);
        }
        drafts.reverse();
        let size = Size { width: sizes[0].width + 2.0 * MARGIN, height: sizes[0].height + 2.0 * MARGIN };
        Some(Self { size, frames: place(definition, drafts) })
    }
}

impl Draft {
    fn new(definition: &Definition, overlay: &Overlay, model: Model, machines: &[Size]) -> Option<Self> {
        let sizes: Vec<Size> = model
            .vertices
            .iter()
            .map(|vertex| match vertex {
                Vertex::Start => Size { width: START, height: START },
                Vertex::End => Size { width: END, height: END },
                Vertex::State(id) => box_size(definition.state(*id), overlay, machines),
            })
            .collect();
        let mut vertices: Vec<layered::Vertex> =
            sizes.iter().map(|&size| layered::Vertex { size, beside: 0.0 }).collect();
        for link in model.links.iter().filter(|link| link.from == link.to) {
            vertices[link.from].beside = LOOP;
        }
        let links: Vec<layered::Link> = model.links.iter().map(as_layered).collect();
        let layout = layered::layout(&vertices, &links, MOST_POINTS)?;
        Some(Self { model, sizes, layout })
    }

    fn frame(self, origin: Point, border: Option<Rect>) -> Frame {
        let shift = |point: Point| Point { x: point.x + origin.x, y: point.y + origin.y };
        let mut frame =
            Frame { border, start: shift(self.layout.vertices[0]), end: None, boxes: Vec::new(), lines: Vec::new() };
        for ((vertex, middle), size) in self.model.vertices.iter().zip(&self.layout.vertices).zip(self.sizes) {
            let Point { x, y } = shift(*middle);
            match vertex {
                Vertex::Start => {}
                Vertex::End => frame.end = Some(Point { x, y }),
                Vertex::State(id) => {
                    let rect = Rect { left: x - size.width / 2.0, top: y - size.height / 2.0, size };
                    frame.boxes.push((*id, rect));
                }
            }
        }
        for (link, route) in self.model.links.into_iter().zip(self.layout.routes) {
            let label = label_of(&link).zip(route.label.map(shift));
            let (from, to) = (self.model.vertices[link.from], self.model.vertices[link.to]);
            let points = route.points.into_iter().map(shift).collect();
            let Link { kind, reasons, .. } = link;
            frame.lines.push(Line { from, to, kind, reasons, label, points, arrives: route.arrives });
        }
        frame
    }
}

fn place(definition: &Definition, drafts: Vec<Draft>) -> Vec<Frame> {
    let sizes: Vec<Size> = drafts.iter().map(|draft| draft.layout.size).collect();
    let mut origins: Vec<Option<Rect>> = vec![None; drafts.len()];
    let mut frames = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.into_iter().enumerate() {
        let border = origins[index];
        let origin = border.map_or(Point { x: MARGIN, y: MARGIN }, |border| Point {
            x: border.left + PADDING,
            y: border.top + PADDING,
        });
        let frame = draft.frame(origin, border);
        for (id, rect) in &frame.boxes {
            let held = held(definition.state(*id));
            let inner: f64 = held.iter().map(|machine| framed(sizes[machine.0 as usize]).width + PADDING).sum();
            let mut left = rect.left + (rect.size.width - inner + PADDING) / 2.0;
            for machine in held {
                let size = framed(sizes[machine.0 as usize]);
                let height = rect.size.height - HEADER - PADDING;
                let size = Size { height, ..size };
                origins[machine.0 as usize] = Some(Rect { left, top: rect.top + HEADER, size });
                left += size.width + PADDING;
            }
        }
        frames.push(frame);
    }
    frames
}

/// A machine with the border around it.
fn framed(size: Size) -> Size {
    Size { width: size.width + 2.0 * PADDING, height: size.height + 2.0 * PADDING }
}

/// The machines that a state holds.
pub(super) fn held(state: &State) -> &[MachineId] {
    match &state.kind {
        StateKind::Parallel { branches } => branches,
        StateKind::Map(map) => std::slice::from_ref(&map.processor),
        _ => &[],
    }
}

fn box_size(state: &State, overlay: &Overlay, machines: &[Size]) -> Size {
    let run = overlay.states.get(&*state.name);
    let first = metrics::width(&name(state), LARGE, true) + if run.is_some() { SIGN } else { 0.0 };
    let run = run.map_or(0.0, |run| metrics::width(&run.short(), SMALL, false) + 12.0);
    let second = metrics::width(&kind(state), SMALL, false) + run;
    let header = (INDENT + first.max(second) + RIGHT).max(NARROWEST);
    let framed = held(state).iter().map(|machine| framed(machines[machine.0 as usize]));
    let (mut width, mut height) = (PADDING, 0.0_f64);
    for size in framed {
        width += size.width + PADDING;
        height = height.max(size.height);
    }
    let inner = if height > 0.0 { height + PADDING } else { 0.0 };
    Size { width: header.max(width).ceil(), height: (HEADER + inner).ceil() }
}

/// The first line of a box.
pub(super) fn name(state: &State) -> String {
    metrics::fit(&state.name, LARGE, true, WIDEST_NAME)
}

/// The second line of a box.
pub(super) fn kind(state: &State) -> String {
    describe::label(&describe::kind(state), WIDEST_NAME)
}

/// Rules and catchers that lead to the same state share a label.
pub(super) fn label_of(link: &Link) -> Option<String> {
    match &link.reasons[..] {
        [] => None,
        [only] => Some(describe::label(only, WIDEST_LABEL)),
        [first, rest @ ..] => {
            let more = format!(" or {} more", rest.len());
            let most = WIDEST_LABEL - metrics::width(&more, SMALL, false);
            Some(format!("{}{more}", describe::label(first, most)))
        }
    }
}

fn as_layered(link: &Link) -> layered::Link {
    let (bundle, weight) = match link.kind {
        LinkKind::Next => (0, 4.0),
        LinkKind::Catch => (1, 0.25),
    };
    let label = label_of(link)
        .map(|label| Size { width: metrics::width(&label, SMALL, false).ceil() + 8.0, height: LABEL_HEIGHT });
    layered::Link { from: link.from, to: link.to, bundle, weight, label }
}
