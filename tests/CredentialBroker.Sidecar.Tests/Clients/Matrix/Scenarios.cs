namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>What is done to broker and sidecar while a client goes on using them.</summary>
internal static class Scenarios
{
    public static IReadOnlyDictionary<string, Func<Stage, Task>> All { get; } = new Dictionary<string, Func<Stage, Task>>
    {
        ["first use"] = FirstUseAsync,
        ["refresh across an expiry"] = RefreshAsync,
        ["revoked by an operator"] = RevokedAsync,
        ["broker down"] = DownAsync,
        ["sidecar restarted"] = RestartedAsync,
    };

    /// <summary>However often it asks, one credential is made.</summary>
    private static async Task FirstUseAsync(Stage stage)
    {
        await stage.HoldsAsync(1, anew: true);
        if (stage.Client.HasSession) await stage.HoldsAsync(1);
        Assert.Equal(1, stage.Broker.Minted);
    }

    private static async Task RefreshAsync(Stage stage)
    {
        if (stage.Client.HasSession) await stage.HoldsAsync(1, anew: true);
        if (stage.Client.KeepsToExpiry) await stage.ShortenAsync();
        var first = stage.Broker.Minted;
        if (stage.Client.KeepsToExpiry) await stage.HoldsAsync(first, anew: true);
        await stage.PassExpiryAsync();
        await stage.HoldsAsync(first + 1);
    }

    private static async Task RevokedAsync(Stage stage)
    {
        if (stage.Client.HasSession) await stage.HoldsAsync(1, anew: true);
        await stage.RevokeAsync();
        if (stage.Client.HasSession)
        {
            var within = await stage.AskAsync();
            Assert.True(stage.Client.KeepsToExpiry ? !within.Got || stage.Shows(within, 1) : !within.Got, within.ToString());
        }

        await stage.IsRefusedAsync(stage.Client.Says);
        Assert.Equal(1, stage.Broker.Minted);
    }

    /// <summary>Not noticed while the lease lives; past its end the answer is no, at once; and then yes again.</summary>
    private static async Task DownAsync(Stage stage)
    {
        stage.Broker.Down = true;
        await stage.HoldsAsync(1, anew: true);
        await stage.PassExpiryAsync();
        await stage.IsRefusedAsync(stage.Client.Says);
        stage.Broker.Down = false;
        await stage.HeldAgainAsync();
        await stage.HoldsAsync(2, anew: true);
    }

    /// <summary>Addresses and secrets stay, so that a client that is pointed at them once goes on.</summary>
    private static async Task RestartedAsync(Stage stage)
    {
        if (stage.Client.HasSession) await stage.HoldsAsync(1, anew: true);
        await stage.StopSidecarAsync();
        Assert.Empty(stage.Broker.Live);
        await stage.StartSidecarAsync();
        await stage.HoldsAsync(2, anew: stage.Client.KeepsToExpiry);
    }
}
