using CredentialBroker.Backends.Webhook;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while a receiver makes or ends a credential: none stays that no live lease is for.</summary>
public sealed class WebhookCrashTests
{
    [Fact]
    public Task R24_Nothing_is_orphaned_at_a_receiver_when_killed_while_issuing() => RunAsync(scene => CrashRun.IssuingAsync(scene));

    [Fact]
    public Task R21_The_end_at_a_receiver_goes_on_when_killed_while_ending() => RunAsync(scene => CrashRun.EndingAsync(scene));

    private static async Task RunAsync(Func<CrashScene, Task> run)
    {
        await using var rig = await WebhookRig.StartAsync();
        await run(new CrashScene(rig.AddTo, SceneFolder.Template("orders", "{ webhook: { target: main, kind: api-key } }"), () => [.. rig.StandIn!.Living()]));
    }
}
