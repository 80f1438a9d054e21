/**
 * The strongly connected components of a graph that hold a cycle, each as its nodes in ascending order.
 * Tarjan's algorithm (SIAM J. Comput. 1, 1972) with its own stack, so that depth costs no call stack.
 */
export function cyclicComponents(successors: number[][]): number[][] {
  const order = new Int32Array(successors.length).fill(-1);
  const low = new Int32Array(successors.length);
  const open = new Uint8Array(successors.length);
  const stack: number[] = [];
  const components: number[][] = [];
  let count = 0;

  const visits: { node: number; edge: number }[] = [];
  const begin = (node: number) => {
    order[node] = low[node] = count++;
    open[node] = 1;
    stack.push(node);
    visits.push({ node, edge: 0 });
  };

  for (let root = 0; root < successors.length; root++) {
    if (order[root] !== -1) continue;
    begin(root);
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const { node } = visit;
      const next = successors[node]![visit.edge++];
      if (next === undefined) {
        visits.pop();
        const parent = visits.at(-1)?.node;
        if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
        if (low[node] === order[node]) components.push(close(node, stack, open));
      } else if (order[next] === -1) begin(next);
      else if (open[next] === 1) low[node] = Math.min(low[node]!, order[next]!);
    }
  }
  return components.filter((nodes) => nodes.length > 1 || successors[nodes[0]!]!.includes(nodes[0]!));
}

function close(root: number, stack: number[], open: Uint8Array): number[] {
  const nodes = stack.splice(stack.lastIndexOf(root));
  for (const node of nodes) open[node] = 0;
  return nodes.sort((one, other) => one - other);
}

/** A shortest cycle through the first node of a component, from it back to it. */
export function shortestCycle(component: number[], successors: number[][]): number[] {
  const first = component[0]!;
  const inside = new Set(component);
  const cameFrom = new Map<number, number>();
  const queue = [first];
  for (const node of queue) {
    for (const next of successors[node]!) {
      if (next === first) return [...trace(node, first, cameFrom), first];
      if (!inside.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return [];
}

function trace(node: number, first: number, cameFrom: Map<number, number>): number[] {
  const path = [node];
  for (let at = node; at !== first; ) {
    at = cameFrom.get(at)!;
    path.push(at);
  }
  return path.reverse();
}
