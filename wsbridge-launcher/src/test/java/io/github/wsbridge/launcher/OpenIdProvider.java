package io.github.wsbridge.launcher;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** An OpenID Connect provider that signs everybody in as the same person, without asking. */
final class OpenIdProvider implements AutoCloseable {

    static final String CLIENT = "website";
    static final String SECRET = "s:cret";

    private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    private final ECKey key = new ECKeyGenerator(Curve.P_256).keyID("k").generate();
    private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();

    /** What the next token has in place of the nonce that was asked for. */
    volatile String nonce;

    OpenIdProvider() throws IOException, JOSEException {
        server.createContext(
                "/.well-known/openid-configuration", exchange -> answer(exchange, 200, """
                {"issuer":"%1$s","authorization_endpoint":"%1$s/authorize?tenant=1","token_endpoint":"%1$s/token",
                "jwks_uri":"%1$s/keys"}""".formatted(issuer())));
        server.createContext("/keys", exchange -> answer(exchange, 200, new JWKSet(key).toString()));
        server.createContext("/authorize", this::authorize);
        server.createContext("/token", this::token);
        server.start();
    }

    String issuer() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void authorize(HttpExchange exchange) throws IOException {
        Map<String, String> asked = fields(exchange.getRequestURI().getRawQuery());
        boolean good = "1".equals(asked.get("tenant"))
                && "code".equals(asked.get("response_type"))
                && CLIENT.equals(asked.get("client_id"))
                && "S256".equals(asked.get("code_challenge_method"))
                && "openid".equals(asked.get("scope"));
        String code = "code-" + codes.size();
        codes.put(code, asked);
        URI back = URI.create(asked.get("redirect_uri") + "?code=" + code + "&state=" + asked.get("state"));
        exchange.getResponseHeaders().set("Location", back.toString());
        answer(exchange, good ? 302 : 400, "");
    }

    private void token(HttpExchange exchange) throws IOException {
        Map<String, String> asked =
                fields(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        Map<String, String> begun = codes.remove(asked.getOrDefault("code", ""));
        String basic =
                "Basic " + Base64.getEncoder().encodeToString((CLIENT + ":s%3Acret").getBytes(StandardCharsets.UTF_8));
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(asked.get("code_verifier").getBytes(StandardCharsets.US_ASCII));
            boolean good = begun != null
                    && asked.get("redirect_uri").equals(begun.get("redirect_uri"))
                    && "authorization_code".equals(asked.get("grant_type"))
                    && basic.equals(exchange.getRequestHeaders().getFirst("Authorization"))
                    && Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(hash)
                            .equals(begun.get("code_challenge"));
            answer(
                    exchange,
                    good ? 200 : 400,
                    good ? "{\"token_type\":\"Bearer\",\"id_token\":\"" + idToken(begun.get("nonce")) + "\"}" : "{}");
        } catch (GeneralSecurityException | JOSEException e) {
            throw new IOException(e);
        }
    }

    private String idToken(String asked) throws JOSEException {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k").build(),
                new JWTClaimsSet.Builder()
                        .issuer(issuer())
                        .audience(CLIENT)
                        .subject("al")
                        .expirationTime(Date.from(Instant.now().plusSeconds(600)))
                        .claim("nonce", nonce == null ? asked : nonce)
                        .claim("roles", List.of("requester"))
                        .claim("devices", List.of("d", "e*"))
                        .build());
        token.sign(new ECDSASigner(key));
        return token.serialize();
    }

    private static Map<String, String> fields(String form) {
        return Arrays.stream(form.split("&"))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(
                        field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        try (exchange) {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
