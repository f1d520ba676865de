package io.github.wsbridge;

import java.net.URI;
import java.util.Locale;

/** The protocol's paths, parameter names and header names. All bridge URLs are built here. */
public final class Endpoints {

    /** The path at which a requester connects. */
    public static final String CONNECT = "/bridge/connect";

    /** The path at which a device accepts or rejects an invitation. */
    public static final String ACCEPT = "/bridge/accept";

    /** The path at which a device listens for invitations. */
    public static final String LISTEN = "/bridge/listen";

    /** The path at which nodes of the cluster talk to each other. */
    public static final String PEER = "/bridge/peer";

    /** The path at which the holder of a requester's credential has a connect URL signed, with a plain POST. */
    public static final String SIGNED_URL = "/bridge/signed-url";

    /** The path that answers 200 to a plain GET as long as the node lives. */
    public static final String LIVEZ = "/livez";

    /** The path that answers 200 to a plain GET if the node takes requesters, and 503 if it is draining or full. */
    public static final String READYZ = "/readyz";

    /** Query parameter: the device id. */
    public static final String DEVICE_ID = "deviceId";

    /** Query parameter: data from the requester for the device. */
    public static final String REQUEST_DATA = "requestData";

    /** Query parameter: why the requester wants the bridge, for people at the device. */
    public static final String REASON = "reason";

    /** Query parameter: {@code true} to upgrade the requester only once its bridge is established. */
    public static final String WAIT = "wait";

    /** Query parameter: which of the subprotocols that the client offers is agreed on; see docs/protocol.md. */
    public static final String CHOSEN_SUBPROTOCOL = "subprotocol";

    /** Query parameter of a request for a signed URL: how many seconds it is valid. */
    public static final String LIFETIME = "lifetime";

    /** Query parameter: {@code true} if a signed URL is good for one bridge only. */
    public static final String ONCE = "once";

    /** Query parameter of a signed URL: when it expires, in seconds since 1970. */
    public static final String EXPIRES = "expires";

    /** Query parameter of a signed URL: who had it signed. */
    public static final String PRINCIPAL = "principal";

    /** Query parameter of a signed URL: the signature over all others. */
    public static final String SIGNATURE = "signature";

    /** Query parameter: the bridge token. */
    public static final String BRIDGE_TOKEN = "bridgeToken";

    /** Query parameter: its presence turns an accept into a rejection; a decimal number from 0 to 9999. */
    public static final String REJECT_CODE = "rejectCode";

    /** Query parameter: the reason for a rejection. */
    public static final String REJECT_REASON = "rejectReason";

    /** The WebSocket subprotocol that adds the established message and half-close. */
    public static final String SUBPROTOCOL = "wsbridge.v1";

    /** The header field that holds the API key of a requester or device. */
    public static final String API_KEY_HEADER = "X-Api-Key";

    /** The header field that holds a node's credential in requests from node to node. */
    public static final String NODE_HEADER = "X-Bridge-Node";

    private Endpoints() {}

    /** Returns the URL at which a requester requests a bridge. */
    public static URI connect(URI base, BridgeRequest request) {
        String url = base(base) + CONNECT + "?" + DEVICE_ID + "=" + encode(request.deviceId());
        return URI.create(url + optional(REQUEST_DATA, request.requestData()) + optional(REASON, request.reason()));
    }

    private static String optional(String name, String value) {
        return value.isEmpty() ? "" : "&" + name + "=" + encode(value);
    }

    /** Returns the URL at which a device accepts an invitation. */
    public static URI accept(URI base, BridgeToken token, String requestData) {
        String url = base(base) + ACCEPT + "?" + BRIDGE_TOKEN + "=" + token.value();
        return URI.create(url + optional(REQUEST_DATA, requestData));
    }

    /** Returns the URL at which a node forwards an accept to the owner of the token, which is not in the URL. */
    public static URI forwarded(NodeAddress owner) {
        return URI.create(owner.uri() + ACCEPT);
    }

    /** Returns the URL that rejects an invitation in place of the given URL, which accepts it. */
    public static URI reject(URI acceptUrl, Rejection rejection) {
        String separator = acceptUrl.getRawQuery() == null ? "?" : "&";
        return URI.create(acceptUrl + separator + REJECT_CODE + "=" + rejection.code() + "&" + REJECT_REASON + "="
                + encode(rejection.reason()));
    }

    /** Returns the URL at which a device listens. */
    public static URI listen(URI base, String deviceId) {
        return URI.create(base(base) + LISTEN + "?" + DEVICE_ID + "=" + encode(deviceId));
    }

    /** Returns the URL at which a node connects to another. */
    public static URI peer(NodeAddress node) {
        return URI.create(node.uri() + PEER);
    }

    /**
     * Validates and normalizes a base URL: scheme {@code ws} or {@code wss} ({@code http} and {@code https} are
     * converted), a host, an optional port and path, and nothing else. A trailing slash is removed.
     *
     * @throws IllegalArgumentException if {@code uri} is not a valid base URL
     */
    public static URI base(URI uri) {
        if (uri.getRawAuthority() != null && uri.getRawAuthority().contains("@")) {
            throw new IllegalArgumentException("a bridge URL must not contain user info"); // not quoted: may be secret
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        scheme = scheme.equals("http") ? "ws" : scheme.equals("https") ? "wss" : scheme;
        if (!scheme.equals("ws") && !scheme.equals("wss")) {
            throw new IllegalArgumentException("not a ws or wss URL: " + uri);
        }
        Authority authority = Authority.of(uri).orElse(null);
        if (authority == null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("a bridge URL must have a host and no query or fragment: " + uri);
        }
        String path = URI.create(uri.toASCIIString()).getRawPath().replaceAll("/+$", "");
        return URI.create(scheme + "://" + authority + path);
    }

    private static String encode(String text) {
        return Query.encode(text);
    }
}
