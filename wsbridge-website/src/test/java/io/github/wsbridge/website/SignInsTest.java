package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SignInsTest {

    private static final String ENTRY = RandomText.next();

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final EmbeddedChannel device = new EmbeddedChannel();
    private final SignIns signIns = new SignIns(
            visitor -> new Access(
                    (id, loop, handler) -> ImmediateEventExecutor.INSTANCE.newSucceededFuture((Channel) device), null),
            () -> now);

    private String enter(String address) throws UnknownHostException {
        return signIns.enter(new Visitor("key of " + address, InetAddress.getByName(address)));
    }

    private Session session(String cookie) {
        return signIns.at(cookie, Session.START).orElseThrow();
    }

    private boolean holds(String cookie) {
        return signIns.at(cookie, Session.START).isPresent();
    }

    /** Reaches a device, as only a good credential does. */
    private String prove(String cookie) {
        session(cookie).access().pages().open("device-1", device.eventLoop(), new ChannelInboundHandlerAdapter());
        return cookie;
    }

    @Test
    void junk_displacesOnlyWhatHasTheSameAddressAndIsUnproven() throws Exception {
        String proven = prove(enter("192.0.2.1"));
        String fresh = enter("192.0.2.1");
        String other = enter("192.0.2.2");
        String near = enter("2001:db8::1");
        for (int i = 0; i < SignIns.MOST_NEW_OF_ONE; i++) {
            enter("192.0.2.1");
            enter("2001:db8::" + Integer.toHexString(i + 2));
        }
        assertThat(List.of(proven, other)).allMatch(this::holds);
        assertThat(List.of(fresh, near)).noneMatch(this::holds);
    }

    @Test
    void junk_ofManyAddresses_displacesNobodyWhoHasReachedADevice() throws Exception {
        String proven = prove(enter("192.0.2.1"));
        List<String> junk = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            junk.add(enter("10.0." + i / 250 + "." + i % 250));
        }
        assertThat(holds(proven)).isTrue();
        assertThat(junk.stream().filter(this::holds)).hasSize(2_000);
    }

    @Test
    void session_displaced_endsItsConnections() throws Exception {
        EmbeddedChannel browser = new EmbeddedChannel();
        session(enter("192.0.2.1")).access().uses().add(browser);
        for (int i = 0; i < SignIns.MOST_NEW_OF_ONE; i++) {
            assertThat(browser.isOpen()).isTrue();
            enter("192.0.2.1");
        }
        assertThat(browser.isOpen()).isFalse();
    }

    @Test
    void session_afterItsTime_endsWithItsConnections() throws Exception {
        String cookie = prove(enter("192.0.2.1"));
        Session session = session(cookie);
        String there = signIns.redeem(signIns.ticket(session, "device-1", ENTRY), "device-1", ENTRY)
                .orElseThrow();
        EmbeddedChannel browser = new EmbeddedChannel();
        session.access().uses().add(browser);
        now = now.plus(SignIns.LIFE).minusSeconds(1);
        signIns.removeEnded();
        assertThat(signIns.at(there, "device-1")).contains(session);
        assertThat(browser.isOpen()).isTrue();
        now = now.plusSeconds(1);
        assertThat(signIns.at(there, "device-1")).isEmpty();
        signIns.removeEnded();
        assertThat(browser.isOpen()).isFalse();
    }

    @Test
    void cookie_ofAnotherHostOrSession_isWorthNothing() throws Exception {
        Session session = session(enter("192.0.2.1"));
        Session other = session(enter("192.0.2.1"));
        assertThat(signIns.at(session.cookie("device-1"), "device-1")).contains(session);
        assertThat(signIns.at(session.cookie("device-1"), "device-2")).isEmpty();
        assertThat(signIns.at(session.cookie("device-1"), Session.START)).isEmpty();
        String forged =
                session.id() + other.cookie("device-1").substring(other.id().length());
        assertThat(signIns.at(forged, "device-1")).isEmpty();
        assertThat(signIns.at("", "device-1")).isEmpty();
    }

    @Test
    void ticket_lateOrOfWhoHasLeft_isWorthNothing() throws Exception {
        Session session = session(enter("192.0.2.1"));
        String late = signIns.ticket(session, "device-1", ENTRY);
        now = now.plusSeconds(30);
        assertThat(signIns.redeem(late, "device-1", ENTRY)).isEmpty();
        signIns.leave(session);
        assertThat(signIns.redeem(signIns.ticket(session, "device-1", ENTRY), "device-1", ENTRY))
                .isEmpty();
        EmbeddedChannel browser = new EmbeddedChannel();
        session.access().uses().add(browser); // of a request that was on its way
        assertThat(browser.isOpen()).isFalse();
    }
}
