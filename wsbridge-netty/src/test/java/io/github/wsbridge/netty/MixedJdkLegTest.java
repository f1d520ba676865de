package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.spi.Connector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** With a node that dials the owner with the JDK's client, and so joins a Netty leg and a JDK leg by fragments. */
@Tag("system")
@ResourceLock(value = MixedJdkLegTest.LEGS, mode = ResourceAccessMode.READ, target = ResourceLockTarget.CHILDREN)
class MixedJdkLegTest extends BridgedLegs {

    /** What all tests share, of which one looks at the servers' legs. */
    static final String LEGS = "legs";

    private final Connector dialler = JdkConnector.create();

    @Override
    NettyCluster cluster() throws Exception {
        return new NettyCluster(2, node -> node.connector(dialler), server -> {});
    }

    @Override
    Connector devices() {
        return NettyConnector.create();
    }

    @Override
    @AfterAll
    void down() {
        super.down();
        dialler.close();
    }

    @Override
    protected boolean sendsEmptyClose() {
        return false; // the JDK's client sends 1000 instead
    }

    @Test
    @ResourceLock(LEGS)
    void transfer_onTheForwardingNode_isNotTaken() throws Exception {
        cluster.legs.clear(); // of earlier bridges
        try (NettyCluster.Ends ends = cluster.join()) {
            JoinedFixture.warm(ends); // so both pumps have requested a transfer, and the owner's have got it
            assertThat(ends.acceptingLeg().client()).isFalse();
            assertThat(ends.acceptingLeg()).isNotIn(ends.requesterLeg(), ends.deviceLeg());
            assertThat(ends.acceptingLeg().passesOn()).isFalse();
        }
    }
}
