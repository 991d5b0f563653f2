using CredentialBroker.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.House;

public sealed class ContainerTests
{
    /// <summary>The host validates every registration and scope when it is built.</summary>
    [Fact]
    public async Task The_container_builds_and_holds_the_whole_house()
    {
        await using var broker = Brokers.Build();
        Assert.NotNull(broker.Services.GetRequiredService<StartUp>());
    }
}
