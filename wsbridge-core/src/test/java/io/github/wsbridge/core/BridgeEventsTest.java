package io.github.wsbridge.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.spi.BridgeListener;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class BridgeEventsTest {

    private final BridgeEvents events = BridgeEvents.create(4, Runnable::run);

    /** Asks for events when the test says so. */
    private static final class Subscriber implements Flow.Subscriber<BridgeEvent> {
        final List<BridgeEvent> received = new ArrayList<>();
        Flow.Subscription subscription;
        boolean completed;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(BridgeEvent event) {
            received.add(event);
        }

        @Override
        public void onError(Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void onComplete() {
            completed = true;
        }
    }

    private Subscriber subscriber() {
        Subscriber subscriber = new Subscriber();
        events.subscribe(subscriber);
        return subscriber;
    }

    @Test
    void everyEvent_isPublished() throws Exception {
        Subscriber subscriber = subscriber();
        subscriber.subscription.request(Long.MAX_VALUE);
        for (Method method : BridgeListener.class.getMethods()) {
            Object[] arguments = new Object[method.getParameterCount()];
            for (int i = 0; i < arguments.length; i++) {
                Class<?> type = method.getParameterTypes()[i];
                arguments[i] = type == int.class ? (Object) 0 : type == Bridge.class ? mock(Bridge.class) : null;
            }
            method.invoke(events, arguments);
        }
        Set<String> names = Stream.of(BridgeListener.class.getMethods())
                .map(method -> method.getName().substring("on".length()))
                .collect(Collectors.toSet());
        assertThat(subscriber.received)
                .extracting(event -> event.what().getClass().getSimpleName())
                .containsExactlyInAnyOrderElementsOf(names);
        assertThat(names)
                .containsExactlyInAnyOrderElementsOf(Stream.of(BridgeEvent.What.class.getPermittedSubclasses())
                        .map(Class::getSimpleName)
                        .toList());
    }

    @Test
    void slowSubscriber_seesThatItHasMissedEvents_andNobodyElseHas() {
        Subscriber slow = subscriber();
        Subscriber quick = subscriber();
        quick.subscription.request(Long.MAX_VALUE);
        for (int i = 0; i < 10; i++) {
            events.onListening("device-" + i, new BridgeListener.Client("", ""));
        }
        assertThat(events.missed()).isEqualTo(6);
        slow.subscription.request(Long.MAX_VALUE);
        events.onListening("device-10", new BridgeListener.Client("", ""));
        assertThat(slow.received).extracting(BridgeEvent::number).containsExactly(1L, 2L, 3L, 4L, 11L);
        assertThat(quick.received).hasSize(11);
        assertThat(events.missed()).isEqualTo(6);

        events.close();
        events.onListening("too late", new BridgeListener.Client("", ""));
        assertThat(slow.completed).isTrue();
        assertThat(quick.received).hasSize(11);
    }
}
