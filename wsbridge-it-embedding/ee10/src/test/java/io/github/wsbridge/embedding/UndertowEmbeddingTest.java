package io.github.wsbridge.embedding;

import io.github.wsbridge.jakarta.BridgeFilter;
import io.github.wsbridge.spi.Door;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.FilterInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.DispatcherType;
import java.net.InetSocketAddress;

/** Undertow is also what WildFly contains. */
class UndertowEmbeddingTest extends InProcessContract {

    private DeploymentManager deployment;
    private Undertow undertow;

    @Override
    int start(Door node) throws Exception {
        FilterInfo filter = new FilterInfo(
                        "bridge", BridgeFilter.class, new ImmediateInstanceFactory<>(new BridgeFilter(node)))
                .setAsyncSupported(true);
        DeploymentInfo application = Servlets.deployment()
                .setClassLoader(getClass().getClassLoader())
                .setContextPath(contextPath())
                .setDeploymentName("application")
                .addFilter(filter)
                .addFilterUrlMapping("bridge", "/bridge/*", DispatcherType.REQUEST);
        deployment = Servlets.newContainer().addDeployment(application);
        deployment.deploy();
        undertow = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setHandler(Handlers.path().addPrefixPath(contextPath(), deployment.start()))
                .build();
        undertow.start();
        return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
    }

    @Override
    void stop() throws Exception {
        deployment.stop();
        deployment.undeploy();
        undertow.stop();
    }
}
