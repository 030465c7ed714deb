//! A management API whose deployer keeps what it is told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_protocol::{BoxFuture, Caller, Partition, Service, ServiceError};
use clock::RealClock;
use management::{Addresses, Deployer, Description, Management};
use serde_json::{Value, json};
use store::Store;
use template::{EventApi, GraphqlApi};

/// What is served, by id.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) served: Mutex<HashMap<String, GraphqlApi>>,
    /// The APIs of the template.
    pub(crate) template: Mutex<Vec<Description>>,
    /// Event APIs that are served, by id.
    pub(crate) event_apis: Mutex<HashMap<String, EventApi>>,
    /// What the next deployments are refused with.
    pub(crate) refuse: Mutex<Option<String>>,
    /// What merged APIs of so many sources are refused with.
    pub(crate) refuse_merging: Mutex<Option<(usize, String)>>,
}

impl Deployer for Recorder {
    fn deploy(&self, api: Description) -> BoxFuture<'_, Result<(), Vec<appsync::Diagnostic>>> {
        Box::pin(async move {
            if let Some(message) = self.refuse.lock().unwrap().clone() {
                return Err(vec![appsync::Diagnostic { file: "x".to_owned(), line: 0, column: 0, message }]);
            }
            let api = match api {
                Description::Graphql(api) => *api,
                Description::Events(api) => {
                    self.event_apis.lock().unwrap().insert(api.id.clone(), *api);
                    return Ok(());
                }
            };
            let refused = self.refuse_merging.lock().unwrap().clone();
            if let (Some((number, message)), Some(sources)) = (refused, &api.sources)
                && sources.len() == number
            {
                return Err(vec![appsync::Diagnostic { file: "x".to_owned(), line: 0, column: 0, message }]);
            }
            self.served.lock().unwrap().insert(api.id.clone(), api);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, api_id: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async {
            self.served.lock().unwrap().remove(api_id);
            self.event_apis.lock().unwrap().remove(api_id);
        })
    }

    fn template_api(&self, id: &str) -> Option<Description> {
        self.template_apis().into_iter().find(|api| api.id() == id)
    }

    /// The schemas one after the other: a merge that changes nothing.
    fn merged_schema(&self, id: &str, only: Option<&str>) -> Option<String> {
        let served = self.served.lock().unwrap();
        let sources = served.get(id)?.sources.iter().flatten();
        let wanted = sources.filter(|source| only.is_none_or(|only| source.id == only));
        let texts: Vec<String> =
            wanted.filter_map(|source| Some(source.api.schema.as_ref()?.text.to_string())).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }

    fn template_apis(&self) -> Vec<Description> {
        self.template.lock().unwrap().clone()
    }

    fn addresses(&self, api_id: &str) -> Addresses {
        let address = |scheme| format!("{scheme}://localhost/apis/{api_id}/graphql");
        let event = format!("localhost/apis/{api_id}");
        Addresses {
            graphql: address("http"),
            realtime: address("ws"),
            event_http: event.clone(),
            event_realtime: event,
        }
    }

    fn serve_domain(&self, _: &str, _: Option<&str>) {}

    fn flush_cache(&self, _: &str) {}
}

pub(crate) struct Harness {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) management: Management,
}

impl Harness {
    pub(crate) async fn open(store: Arc<dyn Store>) -> Self {
        let recorder = Arc::new(Recorder::default());
        let partition = Partition::new("us-east-1", "000000000000");
        let management = Management::open(store, Arc::new(RealClock), partition, recorder.clone()).expect("readable");
        management.deploy_all().await;
        Self { recorder, management }
    }

    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        self.management.call(operation, input, &Caller::internal("000000000000", "")).await
    }

    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// The id of a new API with a schema and a data source `none`.
    pub(crate) async fn api(&self, sdl: &str) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let created = self.ok("CreateGraphqlApi", json!({ "name": "test", "authenticationType": "API_KEY" })).await;
        let id = created["graphqlApi"]["apiId"].as_str().expect("an id").to_owned();
        self.ok("StartSchemaCreation", json!({ "apiId": id, "definition": STANDARD.encode(sdl) })).await;
        self.ok("CreateDataSource", json!({ "apiId": id, "name": "none", "type": "NONE" })).await;
        id
    }
}
