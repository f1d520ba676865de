package io.github.wsbridge.client.tls;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.transport.TestAuthority;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.files.TlsManagers;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** Makes encrypted legs for tests; all trust one authority. */
final class TlsEnds {

    static final InnerProtocol PROTOCOL = InnerProtocol.carrying("test");

    private final SSLContext requester;
    private final SSLContext device;

    TlsEnds() throws Exception {
        TestAuthority authority = TestAuthority.shared("end to end");
        TestAuthority.Issued issued = authority.issue("CN=device", "dns:device-1");
        requester = TlsManagers.context(null, TlsManagers.trust(List.of(authority.certificate())));
        device = TlsManagers.context(TlsManagers.keys(new TlsIdentity(issued.key(), issued.chain())), null);
    }

    TlsLeg requester(Leg below) {
        return leg(below, requester, true);
    }

    TlsLeg device(Leg below) {
        return leg(below, device, false);
    }

    private static TlsLeg leg(Leg below, SSLContext context, boolean client) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(client);
        return new TlsLeg(bridge(below), PROTOCOL.restrict(engine), TaskThreads.shared());
    }

    static BridgeLeg bridge(Leg leg) {
        return leg instanceof BridgeLeg bridge ? bridge : new Named(leg);
    }

    private static final class Named extends ForwardingLeg implements BridgeLeg {
        private static final BridgeId ID = BridgeId.parse("0123456789abcdef0123456789abcdef");

        Named(Leg leg) {
            super(leg);
        }

        @Override
        public BridgeId bridgeId() {
            return ID;
        }
    }
}
