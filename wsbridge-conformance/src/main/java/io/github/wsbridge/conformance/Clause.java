package io.github.wsbridge.conformance;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The clauses of docs/protocol.md that the kit checks, as in its section "Clauses". */
enum Clause {
    NODE_HEALTH("`/livez` answers 200, `/readyz` 200 or 503"),
    NODE_UNKNOWN("an endpoint that does not exist gets 404"),
    NODE_METHOD("another method than the endpoint's gets 405, with `Allow`"),
    NODE_UPGRADE("the answer to an upgrade is that of RFC 6455, without extensions"),
    NODE_NO_UPGRADE("a request that is no upgrade to version 13 gets 426"),
    NODE_MISSING("a missing parameter gets 400"),
    NODE_REPEATED("a repeated parameter gets 400"),
    NODE_NAMES("names of parameters are case-sensitive, and unknown ones are ignored"),
    NODE_ENCODING("values are percent-encoded UTF-8, and `+` is a space"),
    NODE_VALUES("values that are malformed, or longer than the limits, get 400"),
    NODE_REFUSAL("the body of a refusal is one line of plain text"),
    NODE_HOST("a request without `Host`, or with two, gets 400"),
    NODE_CONTENT("a request with content gets 400"),
    NODE_STRICT("standalone nodes refuse what RFC 9112 does not permit"),
    NODE_HEADER_LIMIT("a header that is too long, or has too many fields, gets 431"),
    NODE_ORIGIN("a request of a web page that is not allowed gets 403"),
    NODE_OPEN_HOST("an open node wants to be named in `Host` by requests from its own machine; others get 403"),
    NODE_CREDENTIALS("missing and unknown credentials get 401"),
    NODE_FRAMES("a malformed frame ends the connection, with 1002 if with a code"),
    NODE_PING("pings are answered by the node, with their payload, and not relayed"),
    NODE_FLOOD("more than 1,000 pings at once end the connection with 1008"),
    NODE_HEARTBEAT("the node sends heartbeats, the first after about a second, and keeps what they announce"),
    NODE_INVITATION("an invitation has its members, and an accept URL with the token and the request data"),
    NODE_REASON("an invitation has the requester's reason, and no such member without one"),
    NODE_TRACE("a `traceparent` in an invitation is well-formed, and a malformed one of the requester ignored"),
    NODE_LISTEN_IGNORES("unknown types and members, and what is no JSON, are ignored on a listen socket"),
    NODE_LISTEN_LIMIT("a message of more than 64 KiB ends a listen socket with 1009"),
    NODE_REJECT_URL("a rejection by URL closes the requester with 4403, code and reason, and the device with 1000"),
    NODE_REJECT_DEFAULT("a rejection without a code has the code 403"),
    NODE_REJECT_LISTEN("a rejection on the listen socket closes the requester with 4403, code and reason"),
    NODE_WITHDRAW(
            "if a requester goes away before the accept, the node withdraws the invitation, and an accept gets 4410"),
    NODE_REPLACED("a newer listener of a device replaces the older, which is closed with 4409"),
    NODE_UNREACHABLE("a requester of a device that nobody reaches is closed with 4404"),
    NODE_TOKEN("an accept with an invalid or used token is closed with 4410"),
    NODE_TIMEOUT("a requester whose device does not accept in time is closed with 4408"),
    NODE_WAIT("with `wait=true`, 101 comes only with the bridge, and what the device has sent follows"),
    NODE_WAIT_REFUSED("with `wait=true`, 403 with the device's words, 404 and 408 stand for 4403, 4404 and 4408"),
    NODE_ESTABLISHED(
            "each end with `wsbridge.v1` first gets the message `established`, with the bridge id; the device's"
                    + " has the principal, too"),
    NODE_PLAIN_END("an end without the subprotocol gets no such message, whatever the other has"),
    NODE_SUBPROTOCOL("another subprotocol is agreed on if it is offered and named in `subprotocol`, and else none"),
    NODE_HELD("what a requester sends before the accept arrives after it"),
    NODE_RELAY("messages are relayed in both directions with opcode, content and order, empty ones too"),
    NODE_FRAGMENTS("fragments are relayed as they come: the node may split them, but joins none"),
    NODE_LARGE("messages have no size limit"),
    NODE_CLOSE("a close is relayed with its code and reason, and one without a code without"),
    NODE_VANISHED("an end whose peer vanishes without a close is closed with 4000"),
    NODE_SIGNED("a signed URL opens a bridge for its principal, and no other parameters than those signed"),
    NODE_SIGNED_ONCE("a signed URL that is good for one bridge is refused the second time"),

    CLIENT_HANDSHAKE("the upgrade is that of RFC 6455, with one `Host` and no content"),
    CLIENT_PARAMETERS("parameters occur once, as percent-encoded UTF-8"),
    CLIENT_SPACE(true, "a space is written as `%20`"),
    CLIENT_BASE("the path of the base URL is kept"),
    CLIENT_ORIGIN(true, "clients other than browsers send no `Origin`"),
    CLIENT_MASKED("all frames are masked"),
    CLIENT_KEYS("masking keys are random on a plain connection"),
    CLIENT_PING("pings are answered at once, with their payload"),
    CLIENT_PONG("heartbeats and other unsolicited pongs are ignored"),
    CLIENT_HEARTBEAT("a heartbeat's promise is kept"),
    CLIENT_BYTES("the bytes of messages are read in order, whatever the boundaries of messages and frames"),
    CLIENT_LARGE("messages have no size limit"),
    CLIENT_CLOSE("a close is answered, and the connection ends"),
    CLIENT_MALFORMED("a malformed frame ends the connection, with 1002 if with a code"),
    CLIENT_ESTABLISHED("with `wsbridge.v1`, the first message is the node's, and its unknown members are ignored"),
    CLIENT_TEXT("with `wsbridge.v1`, text messages count as their bytes, and an empty one is no half-close"),
    CLIENT_BINARY("with `wsbridge.v1`, a byte stream is sent in binary messages, of which none is empty"),
    CLIENT_HALF_CLOSED(
            "with `wsbridge.v1`, an empty message, in any number of frames, is the end of one direction only"),
    CLIENT_HALF_CLOSE("with `wsbridge.v1`, the client's own empty message is its last"),
    CLIENT_END("with `wsbridge.v1`, a bridge that both have ended is closed with 1000, by either"),

    REQUESTER_CONNECT("the requester opens `/bridge/connect` with `deviceId` and `requestData`"),
    REQUESTER_WAIT("with `wait=true`, nothing is sent before the answer"),

    DEVICE_LISTEN("the device opens `/bridge/listen` with its `deviceId`"),
    DEVICE_IGNORES("unknown types and members are ignored on the listen socket"),
    DEVICE_ACCEPT("the accept URL is opened as it is"),
    DEVICE_REJECT("a rejection has a code from 0 to 9999, and is sent in one of the two ways"),
    DEVICE_SEVERAL(true, "invitations are accepted while other bridges are open"),
    DEVICE_AGAIN(true, "an accept that gets 503, or is cut off before the bridge stands, is tried again"),
    DEVICE_PRINCIPAL("if `established` names another principal than the invitation, the bridge is closed with 1008"),
    DEVICE_WITHDRAW("a withdrawal gets no answer"),
    DEVICE_LISTEN_PING("pings on the listen socket are answered at once"),
    DEVICE_MOVE(true, "after `move`, the device opens another listen socket, and only then closes this one with 1000"),
    DEVICE_RECONNECT("after the end of the listen socket the device listens again"),
    DEVICE_REPLACED(true, "after 4409 the device waits for half a minute before it listens again");

    private final boolean should;
    private final String text;

    Clause(String text) {
        this(false, text);
    }

    Clause(boolean should, String text) {
        this.should = should;
        this.text = text;
    }

    /** Returns the stable id, such as {@code node-health}. */
    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns whether breaking it is a warning only. */
    boolean should() {
        return should;
    }

    String text() {
        return text;
    }

    /** Returns the clauses whose ids begin with one of these words. */
    static List<Clause> of(String... parties) {
        return Arrays.stream(values())
                .filter(clause ->
                        Arrays.stream(parties).anyMatch(party -> clause.id().startsWith(party + "-")))
                .toList();
    }
}
