package io.github.wsbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.MemoryLegs.Fault;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Shows that {@link LegContract} detects legs that break its rules; {@link MemoryLegsTest} runs it without faults. */
@Execution(ExecutionMode.CONCURRENT)
class BrokenLegsTest {

    @ParameterizedTest
    @CsvSource(textBlock = """
                    FORGETS_THE_SUBPROTOCOL,      subprotocol_agreedOn_isKnownToBothEnds
                    DELIVERS_WITHOUT_DEMAND,      demand_one_deliversExactlyOneFragment
                    DELIVERS_WITHOUT_DEMAND,      send_withoutDemandOnTheOtherSide_buffersALimitedAmount
                    BUFFERS_WITHOUT_BOUND,        send_withoutDemandOnTheOtherSide_buffersALimitedAmount
                    DELIVERS_INSIDE_DEMAND,       demand_insideOnFragment_keepsTheStackFlat
                    CALLS_FROM_TWO_THREADS,       receiver_ofDataPongsAndTheEnd_isCalledByOneThreadAtATime
                    SWAPS_FRAGMENTS,              demand_one_deliversExactlyOneFragment
                    LOSES_EMPTY_FRAGMENTS,        send_messagesOfAllSizes_arriveUnchanged
                    TURNS_TEXT_INTO_BYTES,        send_messagesOfAllSizes_arriveUnchanged
                    JOINS_MESSAGES,               send_fragments_keepMessageBoundaries
                    USES_MEMORY_AGAIN,            send_bothWaysAtOnce_arrivesInOrder
                    LEAVES_THE_PAYLOAD,           send_anyKindOfBuffer_isConsumed
                    ANSWERS_NO_PING,              ping_isAnsweredWithAPong
                    ANSWERS_NO_PING,              ping_whileThePeerHasNoDemand_isAnswered
                    DELIVERS_PINGS,               ping_betweenFragments_isNotDelivered
                    LOSES_THE_REASON,             close_withCodeAndReason_reachesThePeer
                    INVENTS_A_CODE,               close_withoutCode_reachesThePeerWithoutCode
                    CLOSE_OVERTAKES_DATA,         close_afterDataWithoutDemand_comesLast
                    LAST_CLOSE_COUNTS,            close_twice_countsOnce
                    ENDS_TWICE,                   close_byBothEndsAtOnce_endsBoth
                    ENDS_TWICE,                   abort_isSeenAsVanishedByBothEnds
                    SPEAKS_AFTER_THE_END,         close_whileThePeerHasNoDemand_isNoticed
                    SENDS_AFTER_CLOSE,            send_afterClose_fails
                    FORGETS_AN_EARLY_END,         open_afterThePeerVanished_reportsIt
                    FORGETS_AN_EARLY_END,         open_afterAbort_reportsIt
                    WAITS_FOR_AN_ANSWER_FOR_EVER, close_unanswered_endsByTheDeadlineWithTheReasonGiven
                    WAITS_FOR_AN_ANSWER_FOR_EVER, close_endAfterDataWithoutDemand_reportsTheEnd
                    CLOSES_AT_ABORT,              abort_isSeenAsVanishedByBothEnds
                    CLOSES_AT_ABORT,              abort_withoutDemand_isReported
                    ABORT_WAITS_FOR_DATA,         abort_withDataWithoutDemand_isReported
                    LEAVES_A_SEND_HANGING,        abort_whileASendWaits_isReportedAndFailsTheSend
                    """)
    void contract_brokenRule_isDetected(Fault fault, String test) {
        assertThat(run(EnumSet.of(fault), test).getTestsFailedCount()).isEqualTo(1);
    }

    private static TestExecutionSummary run(Set<Fault> faults, String test) {
        Broken.FAULTS.set(faults);
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectMethod(Broken.class, test))
                                .build(),
                        listener);
        assertThat(listener.getSummary().getTestsStartedCount()).isEqualTo(1);
        return listener.getSummary();
    }

    /** Run only through the launcher: a nested static class is not a test class of its own. */
    static final class Broken extends LegContract {

        /** Of the thread's launcher, which runs the test in the same thread. */
        private static final ThreadLocal<Set<Fault>> FAULTS = new ThreadLocal<>();

        private final MemoryLegs legs = new MemoryLegs(FAULTS.get(), Duration.ofMillis(300));

        @Override
        protected LegPair connect(String subprotocol) {
            return legs.connect(subprotocol);
        }

        @Override
        protected Leg connectToSilentPeer() {
            return legs.connectToSilentPeer();
        }

        @Override
        protected void stopTransport() {
            legs.close();
        }

        @Override
        Duration closeDeadline() {
            return patience();
        }

        @Override
        protected Duration patience() {
            return Duration.ofSeconds(2); // most end by this timeout
        }
    }
}
