package io.github.wsbridge.client.tls;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.spi.Fragment;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * What is spoken inside TLS. The request data outside names only its kind: {@code tls/stream}, or {@code tls/session/}
 * and a protocol that ALPN then agrees on. A stream begins with the request data in one direction and the device's
 * answer in the other, a line each; a session has no such lines, because its protocol has its own.
 *
 * @param alpn the protocol's name in TLS
 * @param session the request data inside, if it is not in the stream; null for a stream
 */
record InnerProtocol(String alpn, @Nullable String session) {

    private static final String TLS = "tls/";
    private static final String SESSION = "session/";
    private static final String STREAM = "stream";
    private static final String STREAM_ALPN = "wsbridge.stream.v1";
    private static final String ACCEPTED = "accepted";
    private static final String REJECTED = "rejected ";

    /** Returns what carries this request data. */
    static InnerProtocol carrying(String requestData) {
        return requestData.startsWith(SESSION) && requestData.length() > SESSION.length()
                ? new InnerProtocol(requestData.substring(SESSION.length()), requestData)
                : new InnerProtocol(STREAM_ALPN, null);
    }

    /** Returns what a requester asks for; null if it does not ask for TLS, or for what is not known here. */
    static @Nullable InnerProtocol asked(String outer) {
        if (outer.equals(TLS + STREAM)) {
            return new InnerProtocol(STREAM_ALPN, null);
        }
        boolean known = outer.startsWith(TLS + SESSION) && outer.length() > (TLS + SESSION).length();
        return known ? carrying(outer.substring(TLS.length())) : null;
    }

    static boolean asksForTls(String outer) {
        return outer.startsWith(TLS);
    }

    /** Returns the request data outside. */
    String outer() {
        return TLS + (session == null ? STREAM : session);
    }

    /** Leaves an engine TLS 1.3 and this protocol. */
    SSLEngine restrict(SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setApplicationProtocols(new String[] {alpn});
        engine.setSSLParameters(parameters);
        return engine;
    }

    static CompletionStage<Void> ask(BridgeLeg leg, String requestData) {
        return say(leg, URLEncoder.encode(requestData, StandardCharsets.UTF_8));
    }

    /**
     * Returns the request data in a line.
     *
     * @throws IllegalArgumentException if it is malformed
     */
    static String decode(String line) {
        return URLDecoder.decode(line, StandardCharsets.UTF_8);
    }

    static CompletionStage<Void> accept(BridgeLeg leg) {
        return say(leg, ACCEPTED);
    }

    static CompletionStage<Void> reject(BridgeLeg leg, Rejection rejection) {
        CloseReason reason = CloseReason.rejected(rejection); // which cuts it
        return say(leg, REJECTED + reason.reason().replaceAll("\\p{Cntrl}", " "));
    }

    /** Returns why the device has rejected; null if it has accepted. */
    static @Nullable CloseReason answer(String line) {
        if (line.equals(ACCEPTED)) {
            return null;
        }
        return line.startsWith(REJECTED)
                ? new CloseReason(CloseReason.REJECTED, line.substring(REJECTED.length()))
                : new CloseReason(CloseReason.PROTOCOL_ERROR, "the device has answered something else inside TLS");
    }

    private static CompletionStage<Void> say(BridgeLeg leg, String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        return leg.send(Fragment.binary(ByteBuffer.wrap(bytes)));
    }
}
