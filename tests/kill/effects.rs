//! What the workflows have written, which must be what they would have written without a kill: once, not twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    load::{ARTICLES, COUNT},
    outcome::Execution,
    support::Server,
};

/// Stock that an article is delivered with, as `RUN` says.
const DELIVERED: u64 = 1_000_000;

/// `started`: every order that has taken its stock; `shipped`: those that have been paid and sent.
/// `counted`: executions that have added one [`COUNT`] times, each to its own item.
pub(crate) async fn verify(
    server: &Server,
    started: impl Iterator<Item = &Execution>,
    shipped: &[&Execution],
    counted: &BTreeSet<String>,
) {
    let mut left: BTreeMap<&str, u64> = ARTICLES.iter().map(|sku| (*sku, DELIVERED)).collect();
    for order in started {
        *left.get_mut(order.sku.as_str()).expect("an article") -= order.quantity;
    }
    let stock = scan(server, "stepwell-stock").await;
    let stock: BTreeMap<&str, u64> =
        stock.iter().map(|item| (text(item, "sku"), number(item, "quantity") as u64)).collect();
    for name in counted {
        assert_eq!(stock.get(name.as_str()), Some(&(COUNT as u64)), "{name} has added one {COUNT} times");
    }
    let articles = stock.into_iter().filter(|(sku, _)| ARTICLES.contains(sku)).collect::<BTreeMap<_, _>>();
    assert_eq!(articles, left, "stock is taken exactly once for each order");

    let expected = |value: fn(&Execution) -> f64| -> BTreeMap<String, f64> {
        shipped.iter().map(|order| (order.id.clone(), value(order))).collect()
    };
    let payments = scan(server, "stepwell-payments").await;
    assert_eq!(payments.len(), shipped.len(), "one payment for each order");
    assert_eq!(by_order(&payments, "amount"), expected(|order| order.amount));
    let shipments = scan(server, "stepwell-shipments").await;
    assert_eq!(shipments.len(), shipped.len(), "one shipment for each order");
    assert_eq!(by_order(&shipments, "quantity"), expected(|order| order.quantity as f64));
}

fn by_order(items: &[Value], attribute: &str) -> BTreeMap<String, f64> {
    items.iter().map(|item| (text(item, "orderId").to_owned(), number(item, attribute))).collect()
}

fn text<'a>(item: &'a Value, attribute: &str) -> &'a str {
    item[attribute]["S"].as_str().expect("a text")
}

fn number(item: &Value, attribute: &str) -> f64 {
    item[attribute]["N"].as_str().expect("a number").parse().expect("a number")
}

/// Every item of a table.
async fn scan(server: &Server, table: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut input = json!({ "TableName": table });
    loop {
        let (status, page) = server.try_wire("DynamoDB_20120810.Scan", &input).await.expect("an answer");
        assert_eq!(status, 200, "{page}");
        items.extend(page["Items"].as_array().expect("items").iter().cloned());
        match page.get("LastEvaluatedKey") {
            Some(last) => input["ExclusiveStartKey"] = last.clone(),
            None => return items,
        }
    }
}
