package io.github.wsbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.BridgeNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The health indicator, which Spring Boot 3 does not have. */
class NodeHealthTest {

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(BridgeAutoConfiguration.class))
            .withPropertyValues("wsbridge.insecure=true");

    @Test
    void health_isOutOfService_onceTheNodeStops() {
        application.run(context -> {
            HealthIndicator health = context.getBean(HealthIndicator.class);
            assertThat(health.health().getStatus()).isEqualTo(Status.UP);
            assertThat(health.health().getDetails()).containsEntry("listeners", 0);
            context.getBean(BridgeNode.class).stop(Duration.ZERO);
            assertThat(health.health().getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
        });
    }

    @Test
    void health_canBeSwitchedOff() {
        application
                .withPropertyValues("management.health.wsbridge.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }
}
