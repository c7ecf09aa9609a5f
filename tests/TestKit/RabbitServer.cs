namespace HvPlatform.TestKit;

/// <summary>A real RabbitMQ for tests: HV_TEST_RABBITMQ if set, else a child process from the distribution's package, else a container.</summary>
public sealed class RabbitServer
{
    /// <summary>The broker of this test process, started at first use and stopped at exit.</summary>
    public static Task<RabbitServer> SharedAsync() => throw new NotImplementedException();

    /// <summary>A fresh virtual host; returns its URI, for example <c>amqp://guest:guest@127.0.0.1:5673/t1</c>.</summary>
    public Task<Uri> CreateVirtualHostAsync() => throw new NotImplementedException();
}
