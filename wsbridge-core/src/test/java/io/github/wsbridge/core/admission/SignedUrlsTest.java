package io.github.wsbridge.core.admission;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.SignedUrl;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.FakeLeg;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignedUrlsTest {

    private static final BridgeRequest REQUEST = new BridgeRequest("pi 7/ü", "ssh&x=1");
    private static final String QUERY = "deviceId=pi%207%2F%C3%BC&requestData=ssh%26x%3D1";

    private final TestCluster cluster = new TestCluster();
    private ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of("alice requester " + ApiKeyPolicy.hash("key") + " pi*"));
    private BridgeNode a;
    private BridgeNode b;
    private int clients;

    @BeforeEach
    void start() {
        a = node(A);
        b = node(B);
    }

    private BridgeNode node(NodeAddress address) {
        AccessPolicy access = request -> policy.check(request);
        return cluster.node(
                address,
                builder -> builder.accessPolicy(access)
                        .signaller(cluster.signaller)
                        .listener(cluster.events)
                        .peers(PeerDirectory.of(Set.of(A, B)))
                        .limits(Limits.builder().maxSignedOnce(4).build()));
    }

    private Admission admit(BridgeNode node, String method, String path, String query, Map<String, String> fields) {
        return node.admit(new Handshake(
                        method,
                        path,
                        query,
                        method.equals("GET"),
                        name -> fields.containsKey(name) ? List.of(fields.get(name)) : List.of(),
                        new Peer("10.0." + clients / 256 + "." + clients++ % 256 + ":7"))) // failures delay no others
                .toCompletableFuture()
                .join();
    }

    private Admission use(BridgeNode node, URI url) {
        return admit(node, "GET", url.getPath(), url.getRawQuery(), Map.of());
    }

    private static int status(Admission admission) {
        return admission instanceof Admission.Refused refused ? refused.status() : 101;
    }

    private Admission ask(String query) {
        return admit(a, "POST", Endpoints.SIGNED_URL, query, Map.of(Endpoints.API_KEY_HEADER, "key"));
    }

    private SignedUrl signed(boolean once) {
        return a.signedUrl(REQUEST, "alice", Duration.ofMinutes(1), once);
    }

    /** The test vector of docs/protocol.md. */
    @Test
    void signedUrl_ofTheProtocolsDescription_isValidUntilItExpires() throws Exception {
        TokenKeys keys = TokenKeys.parse("{\"primaryKeyId\":1,\"key\":[{\"keyData\":{\"typeUrl\":\"type.googleapis.com/"
                + "google.crypto.tink.XChaCha20Poly1305Key\","
                + "\"value\":\"GiAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==\","
                + "\"keyMaterialType\":\"SYMMETRIC\"},\"status\":\"ENABLED\",\"keyId\":1,"
                + "\"outputPrefixType\":\"TINK\"}]}");
        URI url = URI.create("wss://bridge.example.com/bridge/connect?deviceId=pi%207%2F%C3%BC&requestData=ssh"
                + "&principal=alice&expires=1769860860"
                + "&signature=AQAAAAEetPIQapyDw9kUNx6bW7h85UiDhnwxSpGxhy3vjMfGK8I4VYskB2nc6w");
        FakeClock clock = new FakeClock();
        BridgeNode node = cluster.node(
                A, builder -> builder.keys(keys).accessPolicy(policy).clock(clock));
        Duration early = Duration.between(clock.instant(), Instant.parse("2026-01-31T12:00:59.999Z"));
        clock.advance(early);
        assertThat(status(use(node, url))).isEqualTo(101);
        clock.advance(Duration.ofMillis(1));
        assertThat(status(use(node, url))).isEqualTo(403);
    }

    @Test
    void signedUrl_isGoodOnAnyNode_asOftenAsWanted_withoutACredential() throws Exception {
        URI url = signed(false).url();
        assertThat(url.toString()).startsWith("wss://bridge.example.com/bridge/connect?" + QUERY);
        for (BridgeNode node : List.of(a, b, b)) {
            Admission.Granted granted = (Admission.Granted) use(node, url);
            granted.opened().accept(new FakeLeg());
            assertThat(cluster.signaller.take(TestCluster.PATIENCE))
                    .satisfies(invitation -> assertThat(invitation.deviceId()).isEqualTo("pi 7/ü"))
                    .satisfies(
                            invitation -> assertThat(invitation.requestData()).isEqualTo("ssh&x=1"))
                    .satisfies(invitation -> assertThat(invitation.principal()).isEqualTo("alice"));
        }
    }

    @Test
    void signedUrl_expires() {
        SignedUrl url = signed(false);
        assertThat(url.expires())
                .isEqualTo(Instant.ofEpochSecond(
                        cluster.clock.instant().plusSeconds(60).getEpochSecond()));
        assertThat(url.toString()).doesNotContain("signature");
        cluster.clock.advance(Duration.ofSeconds(59));
        assertThat(status(use(b, url.url()))).isEqualTo(101);
        cluster.clock.advance(Duration.ofSeconds(1));
        assertThat(status(use(b, url.url()))).isEqualTo(403);
    }

    @Test
    void signedUrl_changedInAnyWay_isRefused() {
        String url = signed(false).url().toString();
        for (String changed : List.of(
                url.replace("deviceId=pi", "deviceId=po"),
                url.replace("requestData=ssh", "requestData=web"),
                url.replace("principal=alice", "principal=bob"),
                url.replace("principal=alice", "principal="),
                url.replace("principal=alice&", ""),
                url.replace("expires=", "expires=9"),
                url.replaceFirst("&expires=[0-9]+", ""),
                url.replaceFirst("&expires=[0-9]+", "&expires=x"),
                url.replace("&requestData=ssh%26x%3D1", "&requestData=ssh&x=1"),
                url + "&wait=true",
                url + "&more",
                url + "A",
                url.substring(0, url.length() - 1),
                url.replaceFirst("signature=.*", "signature="))) {
            assertThat(status(use(a, URI.create(changed)))).as(changed).isEqualTo(403);
        }
        String reordered =
                url.replaceFirst("\\?(deviceId=[^&]*)&(.*)", "?$2&$1").replace("%C3%BC", "%c3%bc");
        assertThat(status(use(a, URI.create(reordered))))
                .as("the same, in other words")
                .isEqualTo(101);
        assertThat(status(use(a, URI.create(url + "&deviceId=pi")))).as("twice").isEqualTo(400);
    }

    @Test
    void signedUrl_ofAnotherCluster_orPurpose_isRefused() {
        String url = signed(false).url().toString();
        BridgeNode stranger =
                cluster.node(B, builder -> builder.keys(TokenKeys.generate()).accessPolicy(policy));
        assertThat(status(use(stranger, URI.create(url)))).isEqualTo(403);
        String token = cluster.keys.seal(new byte[] {1}, "wsbridge bridge token v1".getBytes(StandardCharsets.UTF_8));
        assertThat(status(use(a, URI.create(url.replaceFirst("signature=.*", "signature=" + token)))))
                .isEqualTo(403);
    }

    @Test
    void signedUrl_keysRotated_staysGoodUntilItsKeyIsRetired() {
        TokenKeys[] keys = {TokenKeys.generate()};
        BridgeNode node = cluster.node(A, builder -> builder.keys(() -> keys[0]).accessPolicy(policy));
        URI url = node.signedUrl(REQUEST, "alice", Duration.ofMinutes(1), false).url();
        int old = keys[0].keys().get(0).id();
        keys[0] = keys[0].withNewKey();
        keys[0] = keys[0].withPrimary(keys[0].keys().get(1).id());
        assertThat(status(use(node, url))).isEqualTo(101);
        keys[0] = keys[0].without(old);
        assertThat(status(use(node, url))).isEqualTo(403);
    }

    @Test
    void signedUrl_signersKeyGone_isRefused() {
        URI url = signed(false).url();
        policy = ApiKeyPolicy.parse(List.of("alice device " + ApiKeyPolicy.hash("key") + " *"));
        assertThat(status(use(b, url))).isEqualTo(403);
        policy = ApiKeyPolicy.parse(List.of("alice requester " + ApiKeyPolicy.hash("another") + " plant-*"));
        assertThat(status(use(b, url))).isEqualTo(403);
        policy = ApiKeyPolicy.parse(List.of("alice requester " + ApiKeyPolicy.hash("another")));
        assertThat(status(use(b, url))).isEqualTo(101);
    }

    @Test
    void once_isGoodForOneBridge_whicheverNodeItIsUsedOn() {
        for (List<BridgeNode> nodes : List.of(List.of(a, a), List.of(a, b), List.of(b, a), List.of(b, b))) {
            URI url = signed(true).url();
            assertThat(status(use(nodes.get(0), url))).isEqualTo(101);
            assertThat(status(use(nodes.get(1), url))).isEqualTo(403);
        }
    }

    @Test
    void once_refusedForAnotherReason_isStillGood() {
        URI url = signed(true).url();
        ApiKeyPolicy good = policy;
        policy = ApiKeyPolicy.parse(List.of());
        assertThat(status(use(b, url))).isEqualTo(401);
        policy = good;
        assertThat(status(use(b, url))).isEqualTo(101);
    }

    @Test
    void once_signerRestartedOrAway_isRefused() {
        URI url = signed(true).url();
        cluster.down.add(A);
        assertThat(status(use(b, url))).isEqualTo(403);
        cluster.down.remove(A);
        a = node(A);
        cluster.clock.advance(Duration.ofSeconds(2));
        assertThat(status(use(a, url))).isEqualTo(403);
        assertThat(status(use(b, url))).isEqualTo(403);
    }

    @Test
    void once_unusedOnesAreBounded_perPrincipal_untilTheyExpireOrAreUsed() {
        URI first = signed(true).url();
        signed(true);
        signed(true);
        assertThatIllegalStateException().isThrownBy(() -> signed(true));
        assertThat(status(ask(QUERY + "&once=true"))).isEqualTo(429);
        a.signedUrl(REQUEST, "bob", Duration.ofMinutes(1), true);
        use(a, first);
        signed(true);
        assertThatIllegalStateException().isThrownBy(() -> signed(true));
        cluster.clock.advance(Duration.ofMinutes(1));
        signed(true);
    }

    @Test
    void post_byARequester_answersWithTheUrl() throws Exception {
        Admission.Refused answer = (Admission.Refused) ask(QUERY + "&wait=true&subprotocol=binary&lifetime=90");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.fields())
                .containsEntry("Content-Type", "application/json")
                .containsEntry("Cache-Control", "no-store");
        JsonObject json = JsonParser.object().from(answer.reason());
        URI url = URI.create(json.getString("url"));
        assertThat(url.getRawQuery()).contains("&wait=true&subprotocol=binary&principal=alice&expires=");
        assertThat(Instant.parse(json.getString("expires")))
                .isBetween(
                        cluster.clock.instant().plusSeconds(89),
                        cluster.clock.instant().plusSeconds(90));
        assertThat(answer.toString()).doesNotContain("signature");
        assertThat(use(b, url)).isInstanceOf(Admission.Later.class);
    }

    @Test
    void post_withoutPermission_isRefused() {
        assertThat(status(admit(a, "POST", Endpoints.SIGNED_URL, QUERY, Map.of())))
                .isEqualTo(401);
        assertThat(status(ask("deviceId=office"))).isEqualTo(403);
        URI url = signed(false).url();
        assertThat(status(admit(a, "POST", Endpoints.SIGNED_URL, url.getRawQuery(), Map.of())))
                .as("a signed URL signs no other")
                .isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({
        "deviceId=pi&lifetime=0",
        "deviceId=pi&lifetime=86401",
        "deviceId=pi&lifetime=-1",
        "deviceId=pi&lifetime=1h",
        "deviceId=pi&lifetime=",
        "deviceId=pi&once=yes",
        "deviceId=pi&wait=1",
        "lifetime=60",
    })
    void post_invalidParameters_areRefusedWith400(String query) {
        assertThat(status(ask(query))).isEqualTo(400);
    }

    @Test
    void signedUrl_outOfRange_isAnError() {
        for (Duration lifetime : List.of(Duration.ZERO, Duration.ofMillis(999), Duration.ofSeconds(86_401))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> a.signedUrl(REQUEST, "alice", lifetime, false))
                    .withMessageContaining("86400");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> a.signedUrl(new BridgeRequest("d".repeat(257)), "alice", Duration.ofMinutes(1), false));
    }

    @Test
    void post_fromAWebPage_needsAnAllowedOrigin_theSignedUrlDoesNot() {
        Map<String, String> page = Map.of("Origin", "https://page.example", Endpoints.API_KEY_HEADER, "key");
        assertThat(status(admit(a, "POST", Endpoints.SIGNED_URL, QUERY, page))).isEqualTo(403);
        assertThat(status(admit(a, "GET", Endpoints.CONNECT, QUERY, page))).isEqualTo(403);
        URI url = signed(false).url();
        assertThat(status(admit(a, "GET", Endpoints.CONNECT, url.getRawQuery(), page)))
                .isEqualTo(101);
    }
}
