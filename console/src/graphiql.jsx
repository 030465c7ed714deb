// GraphiQL for both GraphQL surfaces. The page's `data-surface` says which: `appsync` speaks AppSync's subscription
// dialect with the API key or token typed into the headers pane, `operate` speaks graphql-transport-ws.
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import 'graphiql/graphiql.css';
import { appsyncFetcher } from './appsync.js';
import { operateFetcher } from './operate.js';

const root = document.getElementById('graphiql');
const { surface, endpoint, headers, query } = root.dataset;
const fetcher = surface === 'appsync' ? appsyncFetcher(endpoint) : operateFetcher(endpoint);
createRoot(root).render(
  <GraphiQL fetcher={fetcher} defaultQuery={query} defaultHeaders={headers} shouldPersistHeaders={false} />,
);
