package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Door;
import io.github.wsbridge.testkit.transport.TestKeys;
import io.undertow.Undertow;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.FilterInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.DispatcherType;
import java.net.InetSocketAddress;

/** The filter in Undertow. */
final class UndertowServer implements Host {

    private DeploymentManager deployment;
    private Undertow undertow;

    @Override
    public int start(Door door, TestKeys tls) throws Exception {
        FilterInfo filter = new FilterInfo(
                        "bridge", BridgeFilter.class, new ImmediateInstanceFactory<>(new BridgeFilter(door)))
                .setAsyncSupported(true);
        DeploymentInfo application = Servlets.deployment()
                .setClassLoader(getClass().getClassLoader())
                .setContextPath("/")
                .setDeploymentName("application")
                .addFilter(filter)
                .addFilterUrlMapping("bridge", "/bridge/*", DispatcherType.REQUEST)
                .addFilterUrlMapping("bridge", "/livez", DispatcherType.REQUEST)
                .addFilterUrlMapping("bridge", "/readyz", DispatcherType.REQUEST)
                .addServlet(Servlets.servlet("page", Page.class).addMapping("/page"));
        deployment = Servlets.newContainer().addDeployment(application);
        deployment.deploy();
        Undertow.Builder builder = Undertow.builder().setHandler(deployment.start());
        undertow = (tls == null
                        ? builder.addHttpListener(0, "127.0.0.1")
                        : builder.addHttpsListener(0, "127.0.0.1", tls.context()))
                .build();
        undertow.start();
        return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
    }

    @Override
    public void stop() throws Exception {
        deployment.stop();
        deployment.undeploy();
        undertow.stop();
    }
}
