package io.github.wsbridge.core.admission;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Query;
import io.github.wsbridge.SignedUrl;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Signs connect URLs, and verifies those that any node of the cluster has signed.
 *
 * <p>The signature is an authenticated encryption with the cluster's {@link TokenKeys}, whose associated data are all
 * other parameters of the URL. What it encrypts is a version and, if the URL is good for one bridge only, a nonce and
 * the address of the node that has signed it, which alone knows whether the URL has been used.
 */
public final class SignedUrls {

    private static final byte VERSION = 1;
    private static final String LABEL = "wsbridge signed url v1\n";
    private static final int MAX_LENGTH = 4096;

    private final URI publicUrl;
    private final NodeAddress self;
    private final Supplier<TokenKeys> keys;
    private final SignedOnce once;
    private final BiFunction<NodeAddress, String, CompletionStage<Boolean>> elsewhere;
    private final InstantSource clock;

    /** @param elsewhere asks another node whether the URL of its own with this nonce has been unused until now */
    public SignedUrls(
            URI publicUrl,
            NodeAddress self,
            Supplier<TokenKeys> keys,
            SignedOnce once,
            BiFunction<NodeAddress, String, CompletionStage<Boolean>> elsewhere,
            InstantSource clock) {
        this.publicUrl = publicUrl;
        this.self = self;
        this.keys = keys;
        this.once = once;
        this.elsewhere = elsewhere;
        this.clock = clock;
    }

    /**
     * Signs a URL.
     *
     * @param once whether it is good for one bridge only
     * @return null if too many URLs for one bridge are unused
     */
    public @Nullable SignedUrl sign(BridgeRequest request, String principal, Duration lifetime, boolean once) {
        return sign(request, principal, new SignedUrlWish(Map.of(), lifetime, once));
    }

    @Nullable
    SignedUrl sign(BridgeRequest request, String principal, SignedUrlWish wish) {
        Instant expires =
                Instant.ofEpochSecond(clock.instant().plus(wish.lifetime()).getEpochSecond());
        String content = "";
        if (wish.once()) {
            String nonce = once.issue(principal, expires);
            if (nonce == null) {
                return null;
            }
            content = nonce + " " + self;
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put(Endpoints.DEVICE_ID, request.deviceId());
        if (!request.requestData().isEmpty()) {
            parameters.put(Endpoints.REQUEST_DATA, request.requestData());
        }
        parameters.putAll(wish.more());
        parameters.put(Endpoints.PRINCIPAL, principal);
        parameters.put(Endpoints.EXPIRES, Long.toString(expires.getEpochSecond()));
        String query = parameters.entrySet().stream()
                .map(parameter -> parameter.getKey() + "=" + encode(parameter.getValue()))
                .collect(Collectors.joining("&"));
        byte[] text = content.getBytes(StandardCharsets.UTF_8);
        byte[] plain = new byte[1 + text.length];
        plain[0] = VERSION;
        System.arraycopy(text, 0, plain, 1, text.length);
        String signature = keys.get().seal(plain, binding(Query.parse(query)));
        return new SignedUrl(
                URI.create(publicUrl + Endpoints.CONNECT + "?" + query + "&" + Endpoints.SIGNATURE + "=" + signature),
                expires);
    }

    /** A signature that fits its URL. */
    final class Verified {
        private final String content;

        private Verified(String content) {
            this.content = content;
        }

        /** Returns whether the URL may be used now. If it is good for one bridge only, that uses it up. */
        CompletionStage<Boolean> use() {
            if (content.isEmpty()) {
                return CompletableFuture.completedFuture(true);
            }
            int gap = content.indexOf(' ');
            String nonce = content.substring(0, Math.max(0, gap));
            NodeAddress signer = NodeAddress.parse(content.substring(gap + 1));
            return signer.equals(self)
                    ? CompletableFuture.completedFuture(once.use(nonce))
                    : elsewhere.apply(signer, nonce);
        }
    }

    /** Checks signature and expiry. Returns null if the URL is not valid, or not any more. */
    @Nullable
    Verified verify(Query query) {
        String signature = query.get(Endpoints.SIGNATURE);
        String expires = query.get(Endpoints.EXPIRES);
        if (signature == null
                || signature.length() > MAX_LENGTH
                || expires == null
                || !expires.matches("[0-9]{1,12}")
                || query.get(Endpoints.PRINCIPAL) == null
                || !Instant.ofEpochSecond(Long.parseLong(expires)).isAfter(clock.instant())) {
            return null;
        }
        try {
            byte[] plain = keys.get().open(signature, binding(query));
            return plain.length > 0 && plain[0] == VERSION
                    ? new Verified(new String(plain, 1, plain.length - 1, StandardCharsets.UTF_8))
                    : null;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return null;
        }
    }

    private static byte[] binding(Query query) {
        return (LABEL + query.canonical(Endpoints.SIGNATURE)).getBytes(StandardCharsets.UTF_8);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
