package io.github.wsbridge.access.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import io.github.wsbridge.Query;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.LogCapture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtPolicyTest {

    private static final String ISSUER = "https://login.example.com";
    private static final String AUDIENCE = "bridge";
    private static final Duration PAUSE = Duration.ofSeconds(30);

    private static KeyPair rsa;
    private static KeyPair ec;
    private static KeyPair ed;
    private static KeyPair other;

    private final FakeClock clock = new FakeClock();
    private final AtomicReference<JWKSet> published = new AtomicReference<>();
    private final AtomicInteger reads = new AtomicInteger();
    private final List<JwtPolicy> opened = new ArrayList<>();
    private volatile IOException outage;

    @TempDir
    Path folder;

    @BeforeAll
    static void generate() throws Exception {
        rsa = pair("RSA", null);
        other = pair("RSA", null);
        ec = pair("EC", "secp256r1");
        ed = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    private static KeyPair pair(String algorithm, String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (curve == null) {
            generator.initialize(2048);
        } else {
            generator.initialize(new ECGenParameterSpec(curve));
        }
        return generator.generateKeyPair();
    }

    private static JWK jwk(String id, KeyPair pair) {
        if (pair.getPublic() instanceof RSAPublicKey key) {
            return new RSAKey.Builder(key).keyID(id).build();
        }
        if (pair.getPublic() instanceof ECPublicKey key) {
            return new ECKey.Builder(Curve.P_256, key).keyID(id).build();
        }
        EdECPublicKey key = (EdECPublicKey) pair.getPublic();
        byte[] x = new byte[32];
        byte[] big = key.getPoint().getY().toByteArray();
        for (int i = 0; i < big.length && i < 32; i++) {
            x[i] = big[big.length - 1 - i];
        }
        if (key.getPoint().isXOdd()) {
            x[31] |= (byte) 0x80;
        }
        return new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(x))
                .keyID(id)
                .build();
    }

    @BeforeEach
    void publish() {
        published.set(new JWKSet(List.of(jwk("rsa", rsa), jwk("ec", ec), jwk("ed", ed))));
    }

    @AfterEach
    void close() {
        opened.forEach(JwtPolicy::close);
    }

    private JwtPolicy.Builder builder() {
        return JwtPolicy.builder(ISSUER, AUDIENCE)
                .clock(clock)
                .keys(
                        () -> {
                            reads.incrementAndGet();
                            IOException failure = outage;
                            if (failure != null) {
                                throw failure;
                            }
                            return published.get();
                        },
                        Duration.ofHours(1),
                        PAUSE);
    }

    private JwtPolicy open(JwtPolicy.Builder builder) {
        JwtPolicy policy = builder.build();
        opened.add(policy);
        return policy;
    }

    private Map<String, Object> claims() {
        Map<String, Object> claims = new HashMap<>();
        claims.put("iss", ISSUER);
        claims.put("aud", AUDIENCE);
        claims.put("sub", "alice");
        claims.put("exp", clock.instant().plusSeconds(600).getEpochSecond());
        claims.put("roles", List.of("requester"));
        return claims;
    }

    private static String token(String algorithm, String id, KeyPair by, Map<String, Object> claims) throws Exception {
        JWSHeader header =
                new JWSHeader.Builder(JWSAlgorithm.parse(algorithm)).keyID(id).build();
        Payload payload = new Payload(claims);
        if (algorithm.equals("EdDSA")) {
            String input = header.toBase64URL() + "." + payload.toBase64URL();
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(by.getPrivate());
            signature.update(input.getBytes(StandardCharsets.US_ASCII));
            return input + "." + Base64URL.encode(signature.sign());
        }
        JWSObject signed = new JWSObject(header, payload);
        signed.sign(
                algorithm.startsWith("ES")
                        ? new ECDSASigner(by.getPrivate(), Curve.P_256)
                        : new RSASSASigner(by.getPrivate()));
        return signed.serialize();
    }

    private String token() throws Exception {
        return token("RS256", "rsa", rsa, claims());
    }

    private static CompletableFuture<Access> asking(JwtPolicy policy, Action action, String device, String field) {
        return policy.check(new AccessRequest(
                        action,
                        device,
                        Query.parse(null),
                        name -> field != null && name.equals("Authorization") ? List.of(field) : List.of(),
                        new Peer("192.0.2.1:1")))
                .toCompletableFuture();
    }

    private static int status(JwtPolicy policy, String token) throws Exception {
        return status(policy, Action.CONNECT, "d", token);
    }

    private static int status(JwtPolicy policy, Action action, String device, String token) throws Exception {
        Access access = asking(policy, action, device, "Bearer " + token).get(20, TimeUnit.SECONDS);
        return access instanceof Access.Denied denied ? denied.status() : 200;
    }

    @ParameterizedTest
    @CsvSource({"RS256, rsa", "PS256, rsa", "RS512, rsa", "ES256, ec", "EdDSA, ed"})
    void goodToken_isGranted(String algorithm, String key) throws Exception {
        KeyPair pair = Map.of("rsa", rsa, "ec", ec, "ed", ed).get(key);
        JwtPolicy policy = open(builder().algorithms(List.of(algorithm)));
        String token = token(algorithm, key, pair, claims());
        assertThat(asking(policy, Action.CONNECT, "d", "bearer " + token).get(20, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        Access.Granted.class,
                        granted -> assertThat(granted.principal()).isEqualTo("alice"));
        assertThat(status(policy, token(algorithm, null, pair, claims())))
                .as("without the key's name")
                .isEqualTo(200);
        char[] changed = token.toCharArray();
        changed[token.length() - 20] = changed[token.length() - 20] == 'A' ? 'B' : 'A';
        assertThat(status(policy, new String(changed))).isEqualTo(401);
    }

    @Test
    void noToken_orAnotherScheme_is401() throws Exception {
        JwtPolicy policy = open(builder());
        for (String field : Arrays.asList(null, "", "Bearer", "Bearer ", "Basic " + token(), token(), "Bearer a.b.c")) {
            assertThat(asking(policy, Action.CONNECT, "d", field).get(20, TimeUnit.SECONDS))
                    .isEqualTo(new Access.Denied(401));
        }
    }

    @Test
    void signedUrl_isNoneOfItsBusiness_withoutAToken_orWithAnothers() throws Exception {
        JwtPolicy policy = open(builder());
        assertThat(status(policy, Action.CONNECT_SIGNED, "d", token())).isEqualTo(401);
        assertThat(asking(policy, Action.CONNECT_SIGNED, "d", null).get(20, TimeUnit.SECONDS))
                .isEqualTo(new Access.Denied(401));
    }

    @Test
    void wrongClaims_are401() throws Exception {
        JwtPolicy policy = open(builder());
        long now = clock.instant().getEpochSecond();
        Map<String, Object> wrong = new HashMap<>();
        wrong.put("iss", "https://login.example.com/");
        wrong.put("aud", "other");
        wrong.put("sub", "");
        wrong.put("exp", now - 61);
        wrong.put("nbf", now + 61);
        for (Map.Entry<String, Object> entry : wrong.entrySet()) {
            Map<String, Object> claims = claims();
            claims.put(entry.getKey(), entry.getValue());
            assertThat(status(policy, token("RS256", "rsa", rsa, claims)))
                    .as("%s", entry)
                    .isEqualTo(401);
        }
        for (String missing : List.of("iss", "aud", "sub", "exp")) {
            Map<String, Object> claims = claims();
            claims.remove(missing);
            assertThat(status(policy, token("RS256", "rsa", rsa, claims)))
                    .as(missing)
                    .isEqualTo(401);
        }
        Map<String, Object> within = claims();
        within.put("exp", now - 59);
        within.put("nbf", now + 59);
        within.put("aud", List.of("x", AUDIENCE));
        assertThat(status(policy, token("RS256", "rsa", rsa, within))).isEqualTo(200);
    }

    @Test
    void noneAndMacs_areNeverTaken() throws Exception {
        JwtPolicy policy = open(builder());
        String payload =
                Base64URL.encode(JSONObjectUtils.toJSONString(claims())).toString();
        for (String none : List.of("none", "None", "NONE")) {
            String header = Base64URL.encode("{\"alg\":\"" + none + "\",\"kid\":\"rsa\"}")
                    .toString();
            assertThat(status(policy, header + "." + payload + ".")).isEqualTo(401);
            assertThat(status(policy, header + "." + payload + ".AAAA")).isEqualTo(401);
        }
        JWSObject mac = new JWSObject(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa").build(), new Payload(claims()));
        mac.sign(new MACSigner(rsa.getPublic().getEncoded())); // the public key as a secret
        assertThat(status(policy, mac.serialize())).isEqualTo(401);
        for (String name : List.of("HS256", "none", "ES256K", "RS1", "")) {
            assertThatThrownBy(() -> builder().algorithms(List.of(name))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void algorithmThatIsNotChosen_orNotTheKeys_is401() throws Exception {
        JwtPolicy policy = open(builder().algorithms(List.of("RS256", "ES256")));
        assertThat(status(policy, token("RS512", "rsa", rsa, claims()))).isEqualTo(401);
        assertThat(status(policy, token("RS256", "ec", rsa, claims())))
                .as("a key of another kind")
                .isEqualTo(401);
        JWK encrypts = new RSAKey.Builder((RSAPublicKey) rsa.getPublic())
                .keyID("rsa")
                .keyUse(KeyUse.ENCRYPTION)
                .build();
        published.set(new JWKSet(List.of(encrypts)));
        assertThat(status(open(builder()), token())).isEqualTo(401);
    }

    @Test
    void smallRsaKey_isNotUsed() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        KeyPair small = generator.generateKeyPair();
        published.set(new JWKSet(List.of(jwk("rsa", small))));
        JWSHeader header =
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("rsa").build();
        String input = header.toBase64URL() + "." + new Payload(claims()).toBase64URL();
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(small.getPrivate());
        signature.update(input.getBytes(StandardCharsets.US_ASCII));
        assertThat(status(open(builder()), input + "." + Base64URL.encode(signature.sign())))
                .isEqualTo(401);
    }

    @Test
    void criticalParameters_andLongHeaders_are401() throws Exception {
        JwtPolicy policy = open(builder());
        for (JWSHeader header : List.of(
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .keyID("rsa")
                        .criticalParams(Set.of("b64"))
                        .base64URLEncodePayload(true)
                        .build(),
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .keyID("rsa")
                        .customParam("x", "x".repeat(2_000))
                        .build())) {
            JWSObject signed = new JWSObject(header, new Payload(claims()));
            signed.sign(new RSASSASigner(rsa.getPrivate()));
            assertThat(status(policy, signed.serialize())).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'roles':['requester']}                         | CONNECT | any   | 200",
                "{'roles':['requester']}                         | LISTEN  | alice | 403",
                "{'roles':'other requester'}                     | CONNECT | any   | 200",
                "{'roles':['device']}                            | LISTEN  | alice | 200",
                "{'roles':['device']}                            | LISTEN  | bob   | 403",
                "{'roles':['device']}                            | CONNECT | any   | 403",
                "{'roles':['device'],'devices':'lab-*'}          | LISTEN  | lab-1 | 200",
                "{'roles':['device'],'devices':'lab-*'}          | LISTEN  | alice | 403",
                "{'roles':['requester'],'devices':['a','b-*-c']} | CONNECT | b-1-c | 200",
                "{'roles':['requester'],'devices':['a','b-*-c']} | CONNECT | b-c   | 403",
                "{'roles':['requester'],'devices':['a','b-*-c']} | CONNECT | a     | 200",
                "{'roles':['requester'],'devices':['a','b-*-c']} | CONNECT | aa    | 403",
                "{'roles':['requester'],'devices':[]}            | CONNECT | a     | 403",
                "{'roles':['requester'],'devices':7}             | CONNECT | a     | 403",
                "{'roles':['requester'],'devices':[7]}           | CONNECT | a     | 403",
                "{'roles':['requester']}                         | EXPOSE  | any   | 403",
                "{'roles':['requesters']}                        | CONNECT | any   | 403",
                "{'roles':{'requester':true}}                    | CONNECT | any   | 403",
                "{'roles':null}                                  | CONNECT | any   | 403",
            })
    void claims_decide(String more, Action action, String device, int status) throws Exception {
        Map<String, Object> claims = claims();
        claims.putAll(JSONObjectUtils.parse(more.replace('\'', '"')));
        assertThat(status(open(builder()), action, device, token("RS256", "rsa", rsa, claims)))
                .isEqualTo(status);
    }

    @Test
    void otherClaimNames_alsoInsideObjects() throws Exception {
        JwtPolicy policy = open(builder().roleClaim("realm_access.roles").devicesClaim("https://example.com/devices"));
        Map<String, Object> claims = claims();
        claims.remove("roles");
        claims.put("realm_access", Map.of("roles", List.of("requester")));
        claims.put("https://example.com/devices", List.of("lab-*"));
        String token = token("RS256", "rsa", rsa, claims);
        assertThat(status(policy, Action.CONNECT, "lab-1", token)).isEqualTo(200);
        assertThat(status(policy, Action.CONNECT, "x", token)).isEqualTo(403);
    }

    @Test
    void expired_isNoLongerValid() throws Exception {
        JwtPolicy policy = open(builder());
        Access.Granted granted = (Access.Granted)
                asking(policy, Action.CONNECT, "d", "Bearer " + token()).get(20, TimeUnit.SECONDS);
        clock.advance(Duration.ofSeconds(659));
        assertThat(granted.valid().getAsBoolean()).isTrue();
        clock.advance(Duration.ofSeconds(1));
        assertThat(granted.valid().getAsBoolean()).isFalse();
    }

    @Test
    void unknownKey_isFetchedOnce_andNotAgainSoon() throws Exception {
        JwtPolicy policy = open(builder());
        assertThat(status(policy, token())).isEqualTo(200);
        assertThat(reads).hasValue(1);
        published.set(new JWKSet(List.of(jwk("new", other))));
        String fresh = token("RS256", "new", other, claims());
        for (int i = 0; i < 20; i++) {
            assertThat(status(policy, fresh)).isEqualTo(401);
        }
        assertThat(reads).as("it was read a moment ago").hasValue(1);
        clock.advance(PAUSE);
        assertThat(status(policy, fresh)).isEqualTo(200);
        assertThat(reads).hasValue(2);
        assertThat(status(policy, token())).as("of the key that was withdrawn").isEqualTo(401);
        assertThat(reads).hasValue(2);
    }

    @Test
    void outage_keysStayInUseForADay() throws Exception {
        JwtPolicy policy = open(builder());
        assertThat(status(policy, token())).isEqualTo(200);
        outage = new IOException("out of order");
        clock.advance(Duration.ofHours(23));
        assertThat(status(policy, token())).isEqualTo(200);
        clock.advance(Duration.ofHours(2));
        assertThatThrownBy(() -> status(policy, token()))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("cannot be read");
        outage = null;
        clock.advance(PAUSE);
        assertThat(status(policy, token())).isEqualTo(200);
    }

    @Test
    void file_isReadAgain() throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), published.get().toString());
        JwtPolicy policy =
                open(JwtPolicy.builder("anybody", AUDIENCE).clock(clock).keys(file));
        Map<String, Object> claims = claims();
        claims.put("iss", "anybody");
        assertThat(status(policy, token("RS256", "rsa", rsa, claims))).isEqualTo(200);
        Files.writeString(file, new JWKSet(List.of(jwk("new", other))).toString());
        clock.advance(PAUSE);
        assertThat(status(policy, token("RS256", "new", other, claims))).isEqualTo(200);
    }

    @Test
    void nothingOfATokenIsLogged() throws Exception {
        try (LogCapture log = new LogCapture()) {
            JwtPolicy policy = open(builder());
            String token = token();
            status(policy, token);
            status(policy, token + "x");
            status(policy, "x." + token);
            await().untilAsserted(() -> assertThat(log.all()).isNotEmpty());
            String signature = token.substring(token.lastIndexOf('.') + 1);
            String payload = token.split("\\.")[1];
            assertThat(log.all())
                    .noneMatch(line -> line.contains(signature) || line.contains(payload) || line.contains("alice"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://login.example.com", "login.example.com", "ftp://x", "file:///etc/passwd"})
    void issuerThatIsNotHttps_cannotBeAsked(String issuer) {
        assertThatThrownBy(() -> JwtPolicy.builder(issuer, AUDIENCE).build())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
