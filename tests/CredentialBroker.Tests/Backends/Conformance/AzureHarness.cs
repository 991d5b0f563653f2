using CredentialBroker.Backends.Azure;

namespace CredentialBroker.Backends.Conformance;

/// <summary>One mode of the azure backend, at the stand-in.</summary>
internal sealed class AzureHarness(AzureRig rig, MovedClock time, string mode) : Harness
{
    public override bool EndsAtTarget => mode != AzureGrant.AccessToken;

    public override bool MintsAgain => false;

    public override bool Lists => EndsAtTarget;

    public override TimeSpan? OwnLife => mode == AzureGrant.ServicePrincipalSecret ? null : TimeSpan.FromMinutes(90);

    public override TimeSpan Residual => rig.Target.TokenLife;

    public static async Task<AzureHarness> StartAsync(string mode)
    {
        var time = new MovedClock();
        var rig = await AzureRig.StartAsync(time);
        // Where the identity keeps what it may do, a token of it is honoured until it expires.
        if (mode == AzureGrant.AccessToken)
        {
            var id = RoleAssignment.IdAt(StandInResourceManager.VaultScope, Guid.Parse("ffffffff-0000-4000-8000-000000000006"));
            rig.StandIn.State.Assignments[id] = new StandInAssignment(id, StandInResourceManager.VaultScope, StandInResourceManager.SecretsUser, AzureRig.OrdersPrincipal, null);
        }

        return new AzureHarness(rig, time, mode) { Backend = rig.Backend };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline)
    {
        // Azure gives one principal a role at a scope once: leases that are to stand side by side have an identity each.
        var grant = rig.Grant(mode);
        return rig.Order(mode == AzureGrant.RoleAssignment ? grant with { Identity = rig.NextIdentity() } : grant, life, deadline);
    }

    /// <summary>As a client of Azure would: a secret is what gets a token, and a token what a vault takes.</summary>
    public override async Task<bool> WorksAsync(Secret secret)
    {
        var parts = AzureRig.Parts(secret);
        using var trusting = new HttpClient(CredentialBroker.Backends.Wires.Wire.HandlerOf(new(rig.StandIn.Url, TimeSpan.FromSeconds(5), rig.StandIn.RootCertificateFile))) { BaseAddress = rig.StandIn.Url };
        if (parts.TryGetValue("clientSecret", out var text))
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["client_id"] = parts["clientId"], ["client_secret"] = text, ["grant_type"] = "client_credentials", ["scope"] = AzureRig.VaultAudience,
            });
            using var given = await trusting.PostAsync(new Uri($"/{parts["tenantId"]}/oauth2/v2.0/token", UriKind.Relative), form);
            return given.IsSuccessStatusCode;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, rig.Probe) { Headers = { Authorization = new("Bearer", parts["token"]) } };
        using var answer = await trusting.SendAsync(request);
        return answer.IsSuccessStatusCode;
    }

    public override Task<long> ExpiryAsync(string handle, Secret secret) => Task.FromResult(AzureRig.Parts(secret).TryGetValue("clientSecret", out var text)
        ? rig.Passwords.Single(one => one.Text == text).Ends.ToUnixTimeMilliseconds()
        : rig.StandIn.State.Locked(() => rig.StandIn.State.Tokens[AzureRig.Parts(secret)["token"]].Expires.ToUnixTimeMilliseconds()));

    public override Task<bool> ExistsAsync(string handle) => Task.FromResult(mode switch
    {
        AzureGrant.ServicePrincipalSecret => rig.Passwords.Any(one => one.Name == AzureNames.Of(rig.BrokerId, Handle.Find(handle, "lease")!)),
        AzureGrant.RoleAssignment => rig.Assignments.Any(one => one.Id == Handle.Find(handle, "assignment")),
        _ => false,
    });

    public override Task PassAsync(TimeSpan passed)
    {
        time.Pass(passed);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => rig.DisposeAsync();
}
