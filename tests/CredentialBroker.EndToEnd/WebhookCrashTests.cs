using CredentialBroker.Backends.Webhook;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while a receiver makes or ends a credential: none stays that no live lease is for.</summary>
public sealed class WebhookCrashTests
{
    [Fact]
    public Task R24_Nothing_is_orphaned_at_a_receiver_when_killed_while_issuing() => CrashPoints.EachAsync(CrashPoints.WhileIssuing, CrashPoints.ClaimAsync, RunAsync);

    [Fact]
    public Task R21_The_end_at_a_receiver_goes_on_when_killed_while_ending() => CrashPoints.EachAsync(CrashPoints.WhileEnding, CrashPoints.EndAsync, RunAsync);

    private static async Task RunAsync(string point, Func<BrokerProcess, string, Task<Reply>> scenario)
    {
        await using var rig = await WebhookRig.StartAsync();
        await CrashPoints.KilledAsync(point, SceneFolder.Template("orders", "{ webhook: { target: main, kind: api-key } }"), rig.AddTo, scenario, rig.StandIn!.Living);
    }
}
