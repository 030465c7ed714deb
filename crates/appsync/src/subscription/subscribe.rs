//! Starting a subscription: the same checks as for a request, the subscribe-time resolver, then registration.

use std::sync::Arc;

use apollo_compiler::{executable::OperationType, response::JsonMap};
use futures::future::{Either, select};
use serde_json::{Map, Value};

use super::{
    Subscription,
    filter::Filter,
    hub::{Registration, Wanted},
};
use crate::{
    Api, GraphqlError, Request,
    api::Prepared,
    execution::{Execution, Writer},
    limits,
    request::Refusal,
    trace::Recorder,
};

impl Api {
    /// Registers a subscription. When this returns, every later mutation reaches it: acknowledge only then.
    ///
    /// # Errors
    /// What the client is told instead of an acknowledgement.
    pub async fn subscribe(self: &Arc<Self>, request: &Request) -> Result<Subscription, Vec<GraphqlError>> {
        let recorder = Arc::new(Recorder::begin(&self.traces, &self.clock, self.id()));
        recorder.asked(request);
        let unanswered = recorder.unanswered(&request.headers);
        let subscribed = self.register(request, &recorder).await;
        unanswered.subscribed(&subscribed);
        subscribed
    }

    async fn register(
        self: &Arc<Self>,
        request: &Request,
        recorder: &Arc<Recorder>,
    ) -> Result<Subscription, Vec<GraphqlError>> {
        let Prepared { plan, variables, .. } = self.prepare(request).map_err(Refusal::into_errors)?;
        recorder.planned(&plan);
        if plan.operation != OperationType::Subscription {
            let message = format!("{} not supported through the realtime channel", plan.operation);
            return Err(vec![GraphqlError::of_request("UnsupportedOperation", message)]);
        }
        let Some(field) = plan.root.fields.first() else {
            return Err(vec![GraphqlError::of_request("BadRequestException", "No subscription field is selected.")]);
        };
        let arguments = field
            .arguments
            .evaluate(&variables)
            .map_err(|message| vec![GraphqlError::of_request("BadRequestException", message)])?;
        let deadline = self.clock.sleep_until(self.clock.now().plus_millis(limits::REQUEST_MILLIS));
        let resolving = Box::pin(self.run_subscribe_resolver(request, &plan, variables, recorder));
        let extensions = match select(resolving, deadline).await {
            Either::Left((extensions, _)) => extensions?,
            Either::Right(_) => {
                return Err(vec![GraphqlError::of_request("ExecutionTimeout", "Execution timed out.")]);
            }
        };
        let filter = match extension(&extensions, "setSubscriptionFilter")? {
            Some(filter) => Wanted::Enhanced(filter),
            None => Wanted::Equal(arguments),
        };
        let invalidation = extension(&extensions, "setSubscriptionInvalidationFilter")?;
        let field = field.name.to_string();
        let request = Request {
            body: request.body.clone(),
            headers: Vec::new(),
            domain_name: request.domain_name.clone(),
            identity: request.identity.clone(),
        };
        let registration = Registration { field, version: self.version, plan, request, filter, invalidation };
        let (subscriber, queue) = self.lifetime.hub.register(registration);
        // A version that took over in the meantime may have missed this one.
        if let Some(later) = self.lifetime.in_force().filter(|api| api.version > self.version) {
            later.adopt(&subscriber);
        }
        if self.lifetime.is_deleted() {
            self.end_deleted(&subscriber);
        }
        Ok(Subscription { lifetime: self.lifetime.clone(), subscriber, queue, finished: false })
    }

    /// How many subscriptions are registered.
    pub fn subscriptions(&self) -> usize {
        self.lifetime.hub.count()
    }

    /// Runs the field's resolver, if it has one. Its result is not delivered, but it has to be of the field's type.
    async fn run_subscribe_resolver(
        &self,
        request: &Request,
        plan: &crate::plan::Plan,
        variables: Map<String, Value>,
        recorder: &Arc<Recorder>,
    ) -> Result<Vec<(String, Vec<Value>)>, Vec<GraphqlError>> {
        let execution = Execution::new(self, request, plan, variables, recorder);
        let fetched = execution.fetch().await;
        let extensions = execution.take_side().extensions;
        if plan.may_read_root(&request.identity) && fetched.is_silent_null() {
            // A null result is what these resolvers should have, whatever the field's type says.
            return Ok(extensions);
        }
        let none = JsonMap::new();
        let output = Writer::new(&request.identity, &none, &fetched, Vec::new()).response(plan, &Value::Null);
        if output.errors.is_empty() { Ok(extensions) } else { Err(output.errors) }
    }
}

/// The filter that the last call of an extension gave.
fn extension(extensions: &[(String, Vec<Value>)], name: &str) -> Result<Option<Filter>, Vec<GraphqlError>> {
    let call = extensions.iter().rev().find(|(called, _)| called == name);
    let Some(filter) = call.and_then(|(_, arguments)| arguments.first()) else { return Ok(None) };
    match Filter::parse(filter) {
        Ok(filter) => Ok(Some(filter)),
        Err(message) => Err(vec![GraphqlError::of_request("BadRequestException", message)]),
    }
}
