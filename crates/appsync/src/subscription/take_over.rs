//! What becomes of open subscriptions when a new version of the API takes over, and when the API is deleted.

use std::sync::Arc;

use apollo_compiler::response::JsonMap;
use serde_json::Value;

use super::hub::Subscriber;
use crate::{
    Api, GraphqlError,
    api::Prepared,
    execution::{Fetched, Writer},
    plan::Plan,
    request::Refusal,
};

impl Api {
    /// Puts this version in force: open subscriptions go on, with the selection that they asked for checked and compiled
    /// anew. One that is not valid any more ends with the errors that its `start` would get now.
    ///
    /// Subscribe-time resolvers do not run again, and the filters that they set stay.
    // AWS differs perhaps: what UpdateGraphqlApi and StartSchemaCreation do to open subscriptions is not documented [K].
    pub fn take_over(self: &Arc<Self>) {
        // In this order: whoever subscribes in between sees the new version in force and asks it.
        self.lifetime.put_in_force(self);
        for subscriber in self.lifetime.hub.all() {
            self.adopt(&subscriber);
        }
    }

    /// Ends every subscription: the API is deleted.
    pub fn end_subscriptions(&self) {
        // In this order: whoever subscribes in between sees that it is deleted.
        self.lifetime.delete();
        for subscriber in self.lifetime.hub.all() {
            self.end_deleted(&subscriber);
        }
    }

    pub(super) fn end_deleted(&self, subscriber: &Subscriber) {
        let reason = GraphqlError::of_request("NotFoundException", "GraphQL API was deleted.");
        self.lifetime.hub.end(subscriber, vec![reason]);
    }

    pub(super) fn adopt(&self, subscriber: &Subscriber) {
        match self.plan_again(subscriber) {
            Ok(plan) => subscriber.go_on_with(self.version, plan),
            Err(errors) => self.lifetime.hub.end(subscriber, errors),
        }
    }

    fn plan_again(&self, subscriber: &Subscriber) -> Result<Arc<Plan>, Vec<GraphqlError>> {
        let request = subscriber.request();
        let Prepared { plan, .. } = self.prepare(request).map_err(Refusal::into_errors)?;
        if plan.may_read_root(&request.identity) {
            return Ok(plan);
        }
        let (none, fetched) = (JsonMap::new(), Fetched::default());
        Err(Writer::new(&request.identity, &none, &fetched, Vec::new()).response(&plan, &Value::Null).errors)
    }
}
