/*
 * Tokens, claims and forwards of a cluster of nodes, as the code has them: `Requests`, `Accepts`, `OwnedBridge`,
 * `DialingRouter`, `NodeCredentials`. README.md says what is checked and what is left out. `ModelSystemTest` checks it, and
 * that it can fail: it replaces the lines marked "mutation" and expects counterexamples.
 */
module bridge

sig Address, Key, Id, Device {}

/** Whatever runs at an address; without one, it does not run. */
abstract sig Server { var at: lone Address }

/** Something else that has got the address of a former node. It has no keys. */
sig Stranger extends Server {}

sig Node extends Server {
  expired: set Request, -- the tokens that its clock, which may be a minute ahead, takes for expired: not its to judge
  var keys: set Key,
  var primary: lone Key,
  var pending: set Request -- in memory only
}

/** A requester, from its arrival on. The token is what its node has minted for it: id, owner and key. */
sig Request {
  device: one Device,
  var id: lone Id,
  var owner: lone Address,
  var sealed: lone Key,
  var joined: set Accept
}
var sig Waiting in Request {}
/** Those that were waiting at the last tick of the clock already: their accept timeout is over. */
var sig Late in Waiting {}
var sig Overdue in Request {}

/** An invitation may reach a device several times, and each time the device opens the accept URL. */
sig Accept { of: one Request }
var sig Forwarded, Over in Accept {}
var sig Held in Accept {}
one sig Network {
  var place: Accept -> Server, -- the server that holds the device's leg, or the one to which it was forwarded
  var hops: Accept -> Node, -- the nodes that have forwarded it
  var told: Accept -> Server -- the servers that have received bytes of the device
}

fun Running: set Server { at.Address }

pred init {
  no id and no owner and no sealed and no joined and no pending
  no Waiting and no Late and no Overdue and no Forwarded and no Over and no Held
  no place and no hops and no told
  some k: Key | all n: Node | n.keys = k and n.primary = k
  Node in Running
  all a: Address | lone at.a
}

-- What does not change

pred keysStay { keys' = keys and primary' = primary }
pred tokensStay { id' = id and owner' = owner and sealed' = sealed }
pred requestsStay { Waiting' = Waiting and Late' = Late and Overdue' = Overdue and pending' = pending and joined' = joined }
pred acceptsStay { Forwarded' = Forwarded and Over' = Over and Held' = Held and place' = place and hops' = hops and told' = told }
pred serversStay { at' = at }

-- Requests

/** A requester arrives; its node mints a token with an id that nobody has had. */
pred request [r: Request, n: Node] {
  n in Running and no r.id
  some i: Id, k: n.primary {
    i not in Request.id -- mutation: ids
    id' = id + r->i
    owner' = owner + r->n.at
    sealed' = sealed + r->k
  }
  Waiting' = Waiting + r and pending' = pending + n->r
  Late' = Late and Overdue' = Overdue and joined' = joined
  keysStay and acceptsStay and serversStay
}

/** The accept timeout, on the owner's own timer; also a rejection, or a requester that goes away. */
pred end [r: Request, n: Node] {
  n in Running and r in n.pending
  pending' = pending - n->r and Waiting' = Waiting - r and Late' = Late - r
  Overdue' = Overdue and joined' = joined
  tokensStay and keysStay and acceptsStay and serversStay
}

/** Time passes. Timers that are due run first, whatever the clocks of the nodes say. */
pred tick {
  no Late & Running.pending -- mutation: timers
  Late' = Waiting and Overdue' = Late
  Waiting' = Waiting and pending' = pending and joined' = joined
  tokensStay and keysStay and acceptsStay and serversStay
}

-- Accepts

/** A device opens the accept URL on some node, which can read the token or refuses it. */
pred accept [a: Accept, n: Node] {
  n in Running and a not in Held + Over and some a.of.id
  a.of.sealed in n.keys -- mutation: clocks
    => Held' = Held + a and Over' = Over and place' = place + Network->a->n
    else Held' = Held and Over' = Over + a and place' = place
  Forwarded' = Forwarded and hops' = hops and told' = told
  tokensStay and keysStay and requestsStay and serversStay
}

/** A node that is not the owner sends the accept on to the owner's address, or to wherever the network takes that. */
pred forward [a: Accept, n: Node, s: Server] {
  a in Held and Network.place[a] = n and s in Running - n
  n.at != a.of.owner
  a not in Forwarded -- mutation: hop
  place' = place - Network->a->n + Network->a->s
  hops' = hops + Network->a->n and Forwarded' = Forwarded + a
  s in Stranger -- mutation: proof
    => (Over' = Over + a and Held' = Held - a and told' = told) -- mutation: proof
    else Over' = Over and Held' = Held and told' = told + Network->a->s
  tokensStay and keysStay and requestsStay and serversStay
}

/** The owner joins the device with the requester that waits under the token's id: in one step. */
pred claim [a: Accept, n: Node, r: Request] {
  a in Held and Network.place[a] = n and readable[a, n]
  r in n.pending and r.id = a.of.id
  pending' = pending - n->r -- mutation: claim
  joined' = joined + r->a
  Waiting' = Waiting - r and Late' = Late - r and Overdue' = Overdue
  Over' = Over + a and Held' = Held - a
  Forwarded' = Forwarded and place' = place and hops' = hops and told' = told
  tokensStay and keysStay and serversStay
}

/** A credential or a token is for one address, and needs a key. */
pred readable [a: Accept, n: Node] {
  a.of.sealed in n.keys
  n.at = a.of.owner
}

/** The device is refused: nobody waits for it here, or the owner cannot be reached. */
pred refuse [a: Accept] {
  a in Held
  Over' = Over + a and Held' = Held - a
  Forwarded' = Forwarded and place' = place and hops' = hops and told' = told
  tokensStay and keysStay and requestsStay and serversStay
}

-- Nodes

/** A node dies, and with it all connections that it has. */
pred crash [s: Server] {
  s in Running
  at' = at - s->Address and pending' = pending - s->Request
  Waiting' = Waiting - s.pending -- mutation: watch
  Late' = Late & Waiting'
  Overdue' = Overdue and joined' = joined
  let lost = Network.place.s & Held | Over' = Over + lost and Held' = Held - lost
  Forwarded' = Forwarded and place' = place and hops' = hops and told' = told
  tokensStay and keysStay
}

/** A server starts: a node again, or another one, or a stranger, at a former address or another one. */
pred start [s: Server, a: Address] {
  s not in Running and no at.a
  at' = at + s->a
  tokensStay and keysStay and requestsStay and acceptsStay
}

-- Keys, as the rotation is documented

pred addKey [n: Node, k: Key] {
  k not in n.keys
  keys' = keys + n->k and primary' = primary
  tokensStay and requestsStay and acceptsStay and serversStay
}

pred usePrimary [n: Node, k: Key] {
  k in n.keys
  all m: Node | k in m.keys -- mutation: rotation
  keys' = keys and primary' = primary ++ n->k
  tokensStay and requestsStay and acceptsStay and serversStay
}

pred dropKey [n: Node, k: Key] {
  k in n.keys and k not in Node.primary and no sealed.k & Waiting
  keys' = keys - n->k and primary' = primary
  tokensStay and requestsStay and acceptsStay and serversStay
}

pred stutter { tokensStay and keysStay and requestsStay and acceptsStay and serversStay }

pred step {
  stutter or tick
  or (some r: Request, n: Node | request[r, n] or end[r, n])
  or (some a: Accept, n: Node | accept[a, n] or (some s: Server | forward[a, n, s]) or (some r: Request | claim[a, n, r]))
  or (some a: Accept | refuse[a])
  or (some s: Server | crash[s] or (some a: Address | start[s, a]))
  or (some n: Node, k: Key | addKey[n, k] or usePrimary[n, k] or dropKey[n, k])
}

fact { init and always step }

-- What is claimed

/** A token joins at most one device. */
assert JoinedOnce { always all r: Request | lone r.joined }

/** No requester gets the bytes of another device than the one it asked for. */
assert NoOtherDevice { always all r: Request | r.joined.of.device in r.device }

/** Every requester ends in bounded time: joined, or told why not. */
assert Bounded { always no Overdue & Waiting }

/** No accept is forwarded twice. */
assert ForwardedOnce { always all a: Accept | lone Network.hops[a] }

/** Only nodes with the keys get a device's bytes. */
assert NoStranger { always no Network.told.Stranger }

/** While its requester waits, every running node can read a token. */
assert Readable { always all r: Waiting, n: Node & Running | r.sealed in n.keys }

/** While its requester waits, an accept is let in, whatever the clock of the node says. */
assert LetIn {
  always all a: Accept, n: Node | accept[a, n] and a.of in Waiting implies after a in Held
}

check JoinedOnce for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 2 Node, 1 Stranger, 2 Address, 1..8 steps expect 0
check NoOtherDevice for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 2 Node, 1 Stranger, 2 Address, 1..8 steps expect 0
check Bounded for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 2 Node, 1 Stranger, 2 Address, 1..8 steps expect 0
check ForwardedOnce for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 3 Node, 0 Stranger, 3 Address, 1..7 steps expect 0
check NoStranger for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 2 Node, 1 Stranger, 2 Address, 1..8 steps expect 0
check Readable for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 2 Node, 1 Stranger, 2 Address, 1..8 steps expect 0
check LetIn for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 2 Node, 1 Stranger, 2 Address, 1..8 steps expect 0

/** The model does something: a forwarded accept joins, after a crash, a restart and a rotation. */
run Works {
  eventually some r: Request, a: Accept | a in r.joined and a in Forwarded
  eventually some n: Node | crash[n]
  eventually some n: Node, k: Key | usePrimary[n, k] and k != n.primary
} for 3 but 2 Request, 2 Device, 2 Id, 2 Accept, 2 Key, 2 Node, 1 Stranger, 2 Address, 1..10 steps expect 1
