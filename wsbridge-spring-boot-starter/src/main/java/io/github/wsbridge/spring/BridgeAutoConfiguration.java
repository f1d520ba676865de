package io.github.wsbridge.spring;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.access.ApiKeyFile;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.jakarta.BridgeFilter;
import io.github.wsbridge.metrics.BridgeMetrics;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Signaller;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * A node inside the application, served by the application's own servlet container, with the application's users.
 *
 * <p>Beans of the types {@link AccessPolicy}, {@link PeerDirectory}, {@link Connector}, {@link TokenKeys},
 * {@link Signaller}, {@link BridgeListener} and {@link BridgeNodeCustomizer} become parts of the node. Its own beans
 * give way to those of the application: {@link BridgeNode}, {@link BridgeClient}.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration" // Boot 3
        })
@ConditionalOnProperty(name = "wsbridge.enabled", matchIfMissing = true)
@EnableConfigurationProperties(BridgeProperties.class)
public final class BridgeAutoConfiguration {

    private static final Logger log = LoggerFactory.getLogger(BridgeAutoConfiguration.class);

    /** Called by Spring. */
    public BridgeAutoConfiguration() {}

    @Bean
    @ConditionalOnProperty("wsbridge.api-keys-file")
    @ConditionalOnMissingBean(AccessPolicy.class)
    ApiKeys wsbridgeApiKeys(BridgeProperties properties) throws IOException {
        return new ApiKeys(ApiKeyFile.read(Objects.requireNonNull(properties.apiKeysFile())));
    }

    @Bean
    @ConditionalOnProperty("wsbridge.address")
    @ConditionalOnMissingBean(Connector.class)
    JdkConnector wsbridgeConnector() {
        return JdkConnector.create();
    }

    @Bean
    @ConditionalOnMissingBean
    BridgeNode wsbridgeNode(
            BridgeProperties properties,
            ApplicationContext application,
            ObjectProvider<AccessPolicy> policy,
            ObjectProvider<ApiKeys> apiKeys,
            ObjectProvider<TokenKeys> keys,
            ObjectProvider<PeerDirectory> peers,
            ObjectProvider<Connector> connector,
            ObjectProvider<Signaller> signallers,
            ObjectProvider<BridgeListener> listeners,
            ObjectProvider<BridgeNodeCustomizer> customizers)
            throws IOException, GeneralSecurityException {
        URI publicUrl = NodeSettings.publicUrl(properties, application.getEnvironment());
        BridgeNode.Builder node = BridgeNode.builder()
                .publicUrl(publicUrl)
                .proxies(properties.proxies())
                .acceptCredential(properties.acceptCredential())
                .drainDelay(properties.drainDelay())
                .limits(properties.limits().toLimits());
        // What is not set is left to the node: it says that it makes its own keys, and refuses peers without an
        // address.
        NodeSettings.keys(node, properties, keys.getIfAvailable());
        if (properties.address() != null) {
            node.address(NodeAddress.parse(properties.address()));
            connector.ifAvailable(node::connector);
        }
        NodeSettings.access(
                node, properties, policy.getIfAvailable(), apiKeys.getIfAvailable(), application.getClassLoader());
        properties.allowedOrigins().forEach(node::allowOrigin);
        if (!properties.peers().isEmpty()) {
            node.peers(PeerDirectory.of(
                    properties.peers().stream().map(NodeAddress::parse).collect(Collectors.toSet())));
        }
        peers.ifAvailable(node::peers);
        signallers.orderedStream().forEach(node::signaller);
        listeners.orderedStream().forEach(node::listener);
        customizers.orderedStream().forEach(customizer -> customizer.customize(node));
        if (properties.publicUrl() == null) {
            log.info("wsbridge.public-url is not set: devices are sent to {}", publicUrl);
        }
        if (properties.address() == null) {
            log.info("wsbridge.address is not set: this must be the only instance of the application, or devices that"
                    + " reach another one are refused with 4410");
        }
        return node.build();
    }

    @Bean
    NodeLifecycle wsbridgeLifecycle(BridgeNode node, BridgeProperties properties, ObjectProvider<ApiKeys> apiKeys) {
        return new NodeLifecycle(node, properties.stopGrace(), apiKeys.getIfAvailable());
    }

    @Bean
    @ConditionalOnMissingBean
    BridgeClient wsbridgeClient(BridgeNode node, BridgeProperties properties) {
        BridgeProperties.ClientProperties settings = properties.client();
        List<URI> servers = settings.servers();
        BridgeClient.Builder client = servers.isEmpty()
                ? BridgeClient.builder(node.address().uri()).connector(node.connector())
                : BridgeClient.builder(servers.get(0));
        servers.stream().skip(1).forEach(client::server);
        if (settings.apiKey() != null) {
            client.apiKey(settings.apiKey());
        }
        return client.connectTimeout(settings.connectTimeout()).build();
    }

    /** The node's paths in the application's servlet container. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(Filter.class)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    static final class InServletContainer {

        @Bean
        FilterRegistrationBean<BridgeFilter> wsbridgeFilter(
                BridgeNode node, BridgeProperties properties, ObjectProvider<ServletContext> servletContext) {
            FilterRegistrationBean<BridgeFilter> filter = new FilterRegistrationBean<>(new BridgeFilter(node));
            filter.setName("wsbridge");
            filter.setAsyncSupported(true);
            // MockMvc has no connections that could be taken over, so the filter would fail to start there.
            filter.setEnabled(servletContext.stream()
                    .noneMatch(context -> context.getClass().getName().startsWith("org.springframework.mock.")));
            filter.addUrlPatterns("/bridge/*"); // in the default order, which is after Spring Security
            if (properties.probes()) {
                filter.addUrlPatterns("/livez", "/readyz");
            }
            return filter;
        }
    }

    /** The node's metrics. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({MeterRegistry.class, BridgeMetrics.class})
    @ConditionalOnBean(MeterRegistry.class)
    static final class Metrics {

        @Bean
        @ConditionalOnMissingBean
        BridgeMetrics wsbridgeMetrics(MeterRegistry registry) {
            return new BridgeMetrics(registry);
        }

        @Bean
        SmartInitializingSingleton wsbridgeMeters(BridgeMetrics metrics, BridgeNode node) {
            return () -> metrics.bind(node);
        }
    }

    /** The node's health. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    @ConditionalOnEnabledHealthIndicator("wsbridge")
    static final class Health {

        @Bean
        @ConditionalOnMissingBean(name = "wsbridgeHealthIndicator")
        HealthIndicator wsbridgeHealthIndicator(BridgeNode node) {
            return new NodeHealth(node);
        }
    }

    /** The node's state in Actuator. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
    @ConditionalOnAvailableEndpoint(endpoint = BridgeEndpoint.class)
    static final class State {

        @Bean
        @ConditionalOnMissingBean
        BridgeEndpoint wsbridgeEndpoint(BridgeNode node) {
            return new BridgeEndpoint(node);
        }
    }
}
