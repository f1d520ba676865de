/** A node inside a Spring Boot application, configured by its properties. */
@SuppressWarnings("module")
module io.github.wsbridge.spring {
    requires transitive io.github.wsbridge.core;
    requires transitive io.github.wsbridge.client;
    requires io.github.wsbridge.jakarta;
    requires io.github.wsbridge.metrics;
    requires static jakarta.servlet;
    requires static micrometer.core;
    requires org.slf4j;
    requires static org.jspecify;
    requires spring.beans;
    requires spring.boot;
    requires spring.boot.autoconfigure;
    requires spring.context;
    requires spring.core;
    requires static spring.boot.actuator;
    requires static spring.boot.actuator.autoconfigure;
    requires static spring.boot.health;

    exports io.github.wsbridge.spring;

    opens io.github.wsbridge.spring;
}
