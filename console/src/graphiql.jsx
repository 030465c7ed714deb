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
// Each surface keeps its own tabs.
const storage = {
  getItem: (key) => localStorage.getItem(`${surface}:${key}`),
  setItem: (key, value) => localStorage.setItem(`${surface}:${key}`, value),
  removeItem: (key) => localStorage.removeItem(`${surface}:${key}`),
  clear: () => Object.keys(localStorage).forEach((key) => key.startsWith(`${surface}:`) && localStorage.removeItem(key)),
  get length() {
    return localStorage.length;
  },
};
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    defaultQuery={query}
    defaultHeaders={headers}
    shouldPersistHeaders={false}
  />,
);
