// An application in the constructs of the AWS CDK itself: an API with JavaScript resolvers from files, a global table in a
// nested stack, a state machine from a file, a function from a folder.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, CfnOutput, NestedStack, Stack } from 'aws-cdk-lib';
import { Code as ResolverCode, Definition, FunctionRuntime, GraphqlApi } from 'aws-cdk-lib/aws-appsync';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';

const file = (name) => fileURLToPath(new URL(`./shop/${name}`, import.meta.url));

// Writes the stack `shop` into `folder`; answers its template's path.
export function synthesizeShop(folder) {
  const app = new App({ outdir: folder });
  const stack = new Stack(app, 'shop');
  const review = new StateMachine(stack, 'Review', {
    definitionBody: DefinitionBody.fromFile(file('review.asl.json')),
    definitionSubstitutions: { Verdict: 'fine' },
    stateMachineType: StateMachineType.EXPRESS,
  });
  const api = new GraphqlApi(stack, 'Api', {
    name: 'shop',
    definition: Definition.fromFile(file('schema.graphql')),
    environmentVariables: { REVIEW: review.stateMachineArn },
  });
  const data = new NestedStack(stack, 'Data');
  const table = new TableV2(data, 'Items', { partitionKey: { name: 'id', type: AttributeType.STRING } });
  const shout = new Function(data, 'Shout', {
    runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromAsset(file('shout')),
  });
  const { region } = Stack.of(stack);
  const states = api.addHttpDataSource('states', `https://sync-states.${region}.amazonaws.com`, {
    authorizationConfig: { signingRegion: region, signingServiceName: 'states' },
  });
  review.grantStartSyncExecution(states.grantPrincipal);
  const items = api.addDynamoDbDataSource('items', table);
  const resolver = (source, typeName, fieldName) => source.createResolver(`${typeName}-${fieldName}`, {
    typeName, fieldName, runtime: FunctionRuntime.JS_1_0_0, code: ResolverCode.fromAsset(file(`${fieldName}.js`)),
  });
  resolver(items, 'Query', 'item');
  resolver(items, 'Mutation', 'putItem');
  resolver(states, 'Mutation', 'review');
  api.addLambdaDataSource('shout', shout).createResolver('Query-shout', { typeName: 'Query', fieldName: 'shout' });
  new CfnOutput(stack, 'Url', { value: api.graphqlUrl });
  new CfnOutput(stack, 'Key', { value: api.apiKey });
  app.synth();
  return join(folder, 'shop.template.json');
}
