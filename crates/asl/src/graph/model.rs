//! One machine as vertices and links: its states, where it starts, where it ends, and every transition.

use indexmap::IndexMap;

use super::describe;
use crate::{
    definition::{Definition, MachineId, StateId},
    state::{State, StateKind, Transition},
};

/// Something that stands in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Vertex {
    /// Above the first state.
    Start,
    /// A state.
    State(StateId),
    /// Below the states with `End`.
    End,
}

/// How a transition comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LinkKind {
    /// `Next`, `End`, a Choice rule or `Default`.
    Next,
    /// A catcher.
    Catch,
}

/// All transitions of one kind between two vertices.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: LinkKind,
    /// Why it is taken, one text for each rule or catcher; empty where there is nothing to say.
    pub(super) reasons: Vec<String>,
}

/// A machine's vertices and the links between them, by index.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) vertices: Vec<Vertex>,
    pub(super) links: Vec<Link>,
}

impl Model {
    pub(super) fn new(definition: &Definition, machine: MachineId) -> Self {
        let machine = definition.machine(machine);
        let mut builder = Builder::default();
        builder.link(Vertex::Start, Vertex::State(machine.start_at), LinkKind::Next, None);
        for id in &machine.states {
            builder.vertex(Vertex::State(*id));
        }
        for id in &machine.states {
            builder.state(definition.state(*id));
        }
        Self { vertices: builder.vertices.into_keys().collect(), links: builder.links.into_values().collect() }
    }
}

#[derive(Default)]
struct Builder {
    vertices: IndexMap<Vertex, ()>,
    links: IndexMap<(usize, usize, LinkKind), Link>,
}

impl Builder {
    fn vertex(&mut self, vertex: Vertex) -> usize {
        self.vertices.insert_full(vertex, ()).0
    }

    fn link(&mut self, from: Vertex, to: Vertex, kind: LinkKind, reason: Option<String>) {
        let (from, to) = (self.vertex(from), self.vertex(to));
        let link = self.links.entry((from, to, kind)).or_insert(Link { from, to, kind, reasons: Vec::new() });
        link.reasons.extend(reason);
    }

    fn state(&mut self, state: &State) {
        let from = Vertex::State(state.id);
        match state.transition {
            Some(Transition::Next(next)) => self.link(from, Vertex::State(next), LinkKind::Next, None),
            Some(Transition::End) => self.link(from, Vertex::End, LinkKind::Next, None),
            None => {}
        }
        if let StateKind::Choice(choice) = &state.kind {
            for rule in &choice.rules {
                let reason = describe::condition(&rule.condition);
                self.link(from, Vertex::State(rule.next), LinkKind::Next, Some(reason));
            }
            if let Some(default) = choice.default {
                self.link(from, Vertex::State(default), LinkKind::Next, Some("Default".to_owned()));
            }
        }
        for catcher in &state.catch {
            let reason = describe::errors(&catcher.error_equals);
            self.link(from, Vertex::State(catcher.next), LinkKind::Catch, reason);
        }
    }
}
