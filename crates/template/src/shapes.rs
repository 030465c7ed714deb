//! The table of resource types, properties and attributes, read once from `shapes.txt`, which says its own format.

use std::{collections::HashMap, sync::LazyLock};

use crate::amplify_table;

static TABLE: LazyLock<HashMap<&'static str, ResourceShape>> = LazyLock::new(|| read(include_str!("shapes.txt")));

/// What a property may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Number,
    Boolean,
    /// Anything.
    Json,
    /// One of these texts.
    Choice(Vec<&'static str>),
    /// A property type of the same resource.
    Type(&'static str),
    List(Box<Shape>),
    Map(Box<Shape>),
}

/// A property and whether it must be given.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
}

/// A resource type that stepwell reads.
#[derive(Debug, Default)]
pub(crate) struct ResourceShape {
    pub(crate) properties: Vec<Property>,
    pub(crate) attributes: Vec<&'static str>,
    types: HashMap<&'static str, Vec<Property>>,
}

impl ResourceShape {
    pub(crate) fn property_type(&self, name: &str) -> &[Property] {
        self.types.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The shape of `resource_type`; `None` for a type that stepwell does not run.
pub(crate) fn shape(resource_type: &str) -> Option<&'static ResourceShape> {
    TABLE.get(if amplify_table::is(resource_type) { "AWS::DynamoDB::Table" } else { resource_type })
}

fn read(text: &'static str) -> HashMap<&'static str, ResourceShape> {
    let mut table: HashMap<&'static str, ResourceShape> = HashMap::new();
    let (mut resource, mut nested) = ("", None);
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("resource ") {
            (resource, nested) = (name, None);
            table.entry(resource).or_default();
            continue;
        }
        let shape = table.get_mut(resource).expect("shapes.txt begins with a resource");
        if let Some(name) = line.strip_prefix("type ") {
            nested = Some(name);
            shape.types.entry(name).or_default();
        } else if let Some(name) = line.trim_start().strip_prefix('@') {
            shape.attributes.push(name);
        } else {
            let owner = match nested {
                Some(name) => shape.types.entry(name).or_default(),
                None => &mut shape.properties,
            };
            owner.push(property(line.trim_start()));
        }
    }
    table
}

fn property(line: &'static str) -> Property {
    let (name, shape) = line.split_once(' ').expect("a property line of shapes.txt has a name and a type");
    let required = name.ends_with('!');
    Property { name: name.trim_end_matches('!'), required, shape: shape_of(shape) }
}

fn shape_of(text: &'static str) -> Shape {
    if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return Shape::List(Box::new(shape_of(inner)));
    }
    if let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        return Shape::Map(Box::new(shape_of(inner)));
    }
    match text {
        "String" => Shape::Text,
        "Number" => Shape::Number,
        "Boolean" => Shape::Boolean,
        "Json" => Shape::Json,
        // Property types are capitalised words; choices with one member are written in capitals.
        _ if text.contains('|') || text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') => {
            Shape::Choice(text.split('|').collect())
        }
        _ => Shape::Type(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_known_types(resource: &ResourceShape, shape: &Shape) -> bool {
        match shape {
            Shape::Type(name) => !resource.property_type(name).is_empty(),
            Shape::List(inner) | Shape::Map(inner) => names_known_types(resource, inner),
            _ => true,
        }
    }

    #[test]
    fn the_table_is_closed() {
        for (name, resource) in TABLE.iter() {
            let nested = resource.types.values().flatten();
            for property in resource.properties.iter().chain(nested) {
                assert!(names_known_types(resource, &property.shape), "{name}: {property:?}");
            }
        }
        let table = shape("AWS::DynamoDB::Table").expect("known");
        let keys = table.properties.iter().find(|property| property.name == "KeySchema").expect("known");
        assert!(keys.required);
        assert_eq!(keys.shape, Shape::List(Box::new(Shape::Type("KeySchema"))));
    }
}
