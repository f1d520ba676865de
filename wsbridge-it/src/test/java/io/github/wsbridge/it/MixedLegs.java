package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.jakarta.session.JakartaLeg;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.tyrus.TyrusConnector;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/**
 * Runs the leg contract across a whole bridge, over a node that joins legs of two transports: the device connects to
 * its server of one transport, and it dials the owner, a Netty node, with a connector of another. The ends use Netty
 * and Tyrus.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ResourceLock(value = MixedLegs.TRANSFERS, mode = ResourceAccessMode.READ, target = ResourceLockTarget.CHILDREN)
abstract class MixedLegs extends LegContract {

    /** What all tests share, of which one looks at the transfers. */
    static final String TRANSFERS = "transfers";

    private final FakeSignaller signaller = new FakeSignaller();
    private final TokenKeys keys = TokenKeys.generate();
    private final Connector requesters = NettyConnector.create();
    private final Connector devices = new TyrusConnector();
    private final Connector dialler = dialler();
    /** The transfers that the forwarding node requested, and whether its legs accepted. */
    private final Set<Transfer> transfers = ConcurrentHashMap.newKeySet();

    private BridgeServer ownersServer;
    private BridgeServer forwardingServer;
    private BridgeNode owner;
    private BridgeNode forwarding;

    /**
     * A requested transfer from one leg to another.
     *
     * @param from the package of the source's transport
     * @param to the package of the target's transport
     * @param taken whether the source accepted
     */
    record Transfer(String from, String to, boolean taken) {}

    /** Binds the forwarding node's server. */
    abstract BridgeServer bind(InetSocketAddress address) throws Exception;

    /** Returns the connector with which the forwarding node dials the owner. */
    abstract Connector dialler();

    @BeforeAll
    void up() throws Exception {
        InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0);
        ownersServer = NettyBridgeServer.builder().address(anywhere).bind();
        forwardingServer = bind(anywhere);
        owner = node(ownersServer, null);
        forwarding = node(forwardingServer, target -> dialler.connect(target).thenApply(Tap::new));
        ownersServer.serve(owner);
        forwardingServer.serve(handshake -> forwarding.admit(handshake).thenApply(this::recorded));
    }

    private BridgeNode node(BridgeServer server, Connector connector) {
        URI url = url(server);
        var builder = BridgeNode.builder()
                .publicUrl(url)
                .address(NodeAddress.parse(url.toString()))
                .keys(keys)
                .insecure()
                .signaller(signaller);
        return (connector == null ? builder : builder.connector(connector)).build();
    }

    private static URI url(BridgeServer server) {
        return URI.create("ws://127.0.0.1:" + server.address().getPort());
    }

    private Admission recorded(Admission admission) {
        return admission instanceof Admission.Granted granted
                ? new Admission.Granted(
                        granted.subprotocol(), leg -> granted.opened().accept(new Tap(leg)))
                : admission;
    }

    @AfterAll
    void down() {
        requesters.close();
        devices.close();
        forwarding.close();
        owner.close();
        dialler.close();
        forwardingServer.close();
        ownersServer.close();
    }

    private URI connectUrl() {
        return URI.create(url(ownersServer) + "/bridge/connect?deviceId=d");
    }

    private URI acceptUrl() throws Exception {
        URI atTheOwner = signaller.take(patience()).acceptUrl();
        return URI.create(url(forwardingServer) + atTheOwner.getRawPath() + "?" + atTheOwner.getRawQuery());
    }

    @Override
    protected synchronized LegPair connect(String subprotocol) throws Exception {
        assumeThat(subprotocol).as("nodes support only their own subprotocol").isEmpty();
        Leg near = connect(requesters, connectUrl());
        Leg far = connect(devices, acceptUrl());
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(patience())
                .until(() -> owner.stats().pending() == 0); // joined
        return new LegPair(near, far);
    }

    private Leg connect(Connector connector, URI uri) throws Exception {
        return connector
                .connect(new Connector.Target(uri, Map.of(), "", patience()))
                .toCompletableFuture()
                .get(patience().toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    protected boolean preservesFragmentation() {
        return false; // a read may split a frame
    }

    @Override
    protected int underWay() {
        return 64 << 20; // the kernel's buffers of all connections in between
    }

    @Test
    @ResourceLock(TRANSFERS)
    void legsOfTheForwardingNode_areOfTwoTransports_andUseFragments() throws Exception {
        transfers.clear();
        try (RawWebSocket requester =
                        RawWebSocket.connect(connectUrl(), Map.of(), "").timeout(patience());
                RawWebSocket device =
                        RawWebSocket.connect(acceptUrl(), Map.of(), "").timeout(patience())) {
            device.writeText("heard"); // otherwise data sent to it would not be transferred
            assertThat(requester.read().text()).isEqualTo("heard");
            for (String text : new String[] {"there", "and", "back"}) {
                requester.writeText(text);
                assertThat(device.read().text()).isEqualTo(text);
                device.writeText(text);
                assertThat(requester.read().text()).isEqualTo(text);
            }
            String one = NettyBridgeServer.class.getPackageName();
            String other = JakartaLeg.class.getPackageName();
            await().atMost(patience())
                    .untilAsserted(() -> assertThat(transfers)
                            .containsExactlyInAnyOrder(
                                    new Transfer(one, other, false), new Transfer(other, one, false)));
        }
    }

    /** Records whether a transport's leg accepts a transfer. */
    private final class Tap extends ForwardingLeg {

        Tap(Leg leg) {
            super(leg);
        }

        @Override
        public boolean transferTo(Leg target) {
            boolean taken = leg.transferTo(target);
            transfers.add(new Transfer(
                    leg.getClass().getPackageName(), target.getClass().getPackageName(), taken));
            return taken;
        }
    }
}
