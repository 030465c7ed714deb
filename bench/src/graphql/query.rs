//! What is asked, and what is right.

use serde_json::{Map, Value, json};

/// Authors in the table, and posts in a list.
pub(super) const AUTHORS: usize = 100;

/// A query with its answer.
#[derive(Clone)]
pub(super) struct Query {
    pub(super) name: String,
    /// The JSON body of the request.
    pub(super) body: Value,
    pub(super) answer: Value,
    /// How many times fewer of it are asked in a round.
    pub(super) weight: usize,
    language: Language,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Language {
    Templates,
    Code,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    None,
    Pipeline,
    Item,
    List,
}

/// An author as DynamoDB keeps it.
pub(super) fn author_item(id: usize) -> Value {
    let author = author(id);
    let typed = author.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), json!({ "S": value })));
    Value::Object(typed.collect())
}

fn author(id: usize) -> Value {
    json!({ "id": format!("a{id}"), "name": format!("Author number {id}"), "city": "Pune" })
}

impl Query {
    /// Every query in both languages.
    pub(super) fn all() -> Vec<Self> {
        let both = |kind| [Language::Templates, Language::Code].map(|language| Self::new(kind, language));
        [Kind::None, Kind::Pipeline, Kind::Item, Kind::List].into_iter().flat_map(both).collect()
    }

    fn new(kind: Kind, language: Language) -> Self {
        let (what, field, parameters, arguments, selection) = match kind {
            Kind::None => ("NONE", "echo", "$text: String!", "text: $text", ""),
            Kind::Pipeline => ("pipeline of three", "pipeline", "$text: String!", "text: $text", ""),
            Kind::Item => ("GetItem", "author", "$id: ID!", "id: $id", "{ id name city }"),
            Kind::List => {
                ("list of 100, each GetItem", "posts", "$ids: [ID!]!", "ids: $ids", "{ id title author { id name } }")
            }
        };
        let (suffix, written) = match language {
            Language::Templates => ("Template", "VTL"),
            Language::Code => ("Code", "JavaScript"),
        };
        let (variables, value) = variables_and_value(kind);
        let field = format!("{field}{suffix}");
        let data = Map::from_iter([(field.clone(), value)]);
        Self {
            name: format!("{what}, {written}"),
            body: json!({ "query": format!("query Q({parameters}) {{ {field}({arguments}) {selection} }}"), "variables": variables }),
            answer: json!({ "data": data }),
            weight: if kind == Kind::List { 50 } else { 1 },
            language,
            kind,
        }
    }

    pub(super) fn is_list(&self) -> bool {
        self.kind == Kind::List
    }

    pub(super) fn is_templates(&self) -> bool {
        self.language == Language::Templates
    }
}

fn variables_and_value(kind: Kind) -> (Value, Value) {
    match kind {
        Kind::None | Kind::Pipeline => (json!({ "text": "hello" }), json!("hello")),
        Kind::Item => (json!({ "id": "a7" }), author(7)),
        Kind::List => {
            let ids: Vec<String> = (0..AUTHORS).map(|id| format!("a{id}")).collect();
            let post = |(id, name): (usize, &String)| {
                let author = author(id);
                json!({ "id": name, "title": format!("Title of {name}"), "author": { "id": author["id"], "name": author["name"] } })
            };
            let posts: Vec<Value> = ids.iter().enumerate().map(post).collect();
            (json!({ "ids": ids }), json!(posts))
        }
    }
}
