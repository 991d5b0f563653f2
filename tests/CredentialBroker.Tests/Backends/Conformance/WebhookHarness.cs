using System.Globalization;
using CredentialBroker.Backends.Webhook;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Keys of a receiver of the webhook contract: the stand-in, the example in Python, or another.</summary>
internal sealed class WebhookHarness(WebhookRig rig) : Harness
{
    public override bool EndsAtTarget => true;

    public override bool Lists => true;

    public static async Task<WebhookHarness> StartAsync(string receiver)
    {
        var rig = await WebhookRig.StartAsync(receiver);
        return new WebhookHarness(rig) { Backend = rig.Backend };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline) => rig.Order(life, deadline);

    public override Task<bool> WorksAsync(Secret secret) => rig.WorksAsync(secret);

    public override async Task<long> ExpiryAsync(string handle, Secret secret) =>
        DateTimeOffset.Parse((await rig.StatusAsync(handle))!.Value.GetProperty("expiresAt").GetString()!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    public override async Task<bool> ExistsAsync(string handle) => await rig.StatusAsync(handle) is not null;

    public override Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromMilliseconds(100));

    public override ValueTask DisposeAsync() => rig.DisposeAsync();
}
