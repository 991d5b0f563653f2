using System.Collections.Concurrent;
using System.Security.Cryptography;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Conformance;

/// <summary>The mistakes a backend could make, by name; the suite must notice each.</summary>
internal static class Mutations
{
    private const long Hour = 3_600_000;

    internal sealed class PlanIsRandom(Backend real) : Mutation(real)
    {
        public override string Plan(Order order) => Real.Plan(order).Replace("}", $",\"x\":\"{RandomNumberGenerator.GetHexString(8)}\"}}", StringComparison.Ordinal);
    }

    internal sealed class HandleIsHuge(Backend real) : Mutation(real)
    {
        public override string Plan(Order order) => Real.Plan(order).Replace("}", $",\"x\":\"{new string('x', Handle.MaxBytes)}\"}}", StringComparison.Ordinal);
    }

    internal sealed class HandleHoldsSecret(Backend real) : Mutation(real)
    {
        public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
        {
            var minted = await Real.MintAsync(handle, order, cancel);
            var secret = System.Text.Encoding.UTF8.GetString(minted.Secret.Reveal().Span);
            return minted with { Handle = handle.Replace("}", $",\"secret\":{secret}}}", StringComparison.Ordinal) };
        }
    }

    internal sealed class SecretIsAnother(Backend real) : Mutation(real)
    {
        public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
        {
            var minted = await Real.MintAsync(handle, order, cancel);
            var parts = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(minted.Secret.Reveal().Span)!;
            // The first character: the last ones of base64url need not carry whole bits.
            foreach (var key in parts.Keys.Where(key => key is "password" or "clientSecret" or "key").ToList()) parts[key] = (parts[key][0] == 'A' ? 'B' : 'A') + parts[key][1..];
            if (parts.TryGetValue("token", out var token)) parts["token"] = token[..^20] + "AAAAAAAAAAAAAAAAAAAA";
            if (parts.TryGetValue("secretAccessKey", out var awsKey)) parts["secretAccessKey"] = awsKey[1..] + "A";
            using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            if (parts.ContainsKey("privateKey")) parts["privateKey"] = other.ExportPkcs8PrivateKeyPem();
            return minted with { Secret = new Secret([.. parts.Select(part => (part.Key, part.Value))]) };
        }
    }

    internal sealed class ExpiryIgnored(Backend real) : Mutation(real)
    {
        public override ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel) => Real.PrepareAsync(handle, order with { EndsAt = order.EndsAt + Hour }, cancel);

        public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) =>
            await Real.MintAsync(handle, order with { EndsAt = order.EndsAt + Hour }, cancel) with { DiesBy = order.EndsAt };
    }

    internal sealed class MintIgnoresDeadline(Backend real) : Mutation(real)
    {
        public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) =>
            Real.MintAsync(handle, order with { Deadline = order.Deadline + Hour }, cancel);
    }

    internal sealed class SecondMintForgotten(Backend real) : Mutation(real)
    {
        private readonly ConcurrentDictionary<string, Minted> _first = new();

        public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) =>
            _first.TryGetValue(handle, out var first) ? first : _first[handle] = await Real.MintAsync(handle, order, cancel);
    }

    internal sealed class RenewDoesNothing(Backend real) : Mutation(real)
    {
        private Minted? _last;

        public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) =>
            _last = await Real.MintAsync(handle, order, cancel);

        public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) => ValueTask.FromResult(_last!);
    }

    internal sealed class ReissueSharesId(Backend real) : Mutation(real)
    {
        public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) =>
            await Real.RenewAsync(Real.Plan(order), order, cancel);
    }

    internal sealed class ReissueSharesHandle(Backend real) : Mutation(real)
    {
        public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) =>
            await Real.RenewAsync(handle, order, cancel) with { Handle = handle };
    }

    internal sealed class RenewRevivesEnded(Backend real) : Mutation(real)
    {
        public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) =>
            await Real.ProbeAsync(handle, cancel) == Probe.Dead ? await Real.MintAsync(await Real.PrepareAsync(handle, order, cancel), order, cancel) : await Real.RenewAsync(handle, order, cancel);
    }

    internal sealed class EndDoesNothing(Backend real) : Mutation(real)
    {
        public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(new EndReport(WasThere: true));
    }

    internal sealed class SecondEndFails(Backend real) : Mutation(real)
    {
        private readonly ConcurrentDictionary<string, bool> _ended = new();

        public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) => _ended.TryAdd(handle, true)
            ? Real.EndAsync(handle, cancel)
            : throw new BackendException(Name, ReasonCodes.EndFailed, "the credential is unknown", transient: false);
    }

    internal sealed class EndNeedsMint(Backend real) : Mutation(real)
    {
        public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
        {
            var report = await Real.EndAsync(handle, cancel);
            return report.WasThere ? report : throw new BackendException(Name, ReasonCodes.EndFailed, "the credential is unknown", transient: false);
        }
    }

    internal sealed class ProbeAlwaysAlive(Backend real) : Mutation(real)
    {
        public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.Alive);
    }

    internal sealed class UseAlwaysAlive(Backend real) : Mutation(real)
    {
        public override ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) => ValueTask.FromResult(Probe.Alive);
    }

    internal sealed class ListForgets(Backend real) : Mutation(real)
    {
        public override ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel) => ValueTask.FromResult<IReadOnlyList<Ours>>([]);
    }

    /// <summary>Drops the role but leaves those who are inside.</summary>
    internal sealed class EndForgetsSessions(Backend real, PostgresRig rig) : Mutation(real)
    {
        public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
        {
            await rig.SuperAsync($"DROP ROLE \"{PostgresHarness.RoleIn(handle)}\"");
            return new EndReport(WasThere: true, SessionsCut: 1);
        }
    }

    /// <summary>Cuts sessions but lets new ones in.</summary>
    internal sealed class EndLeavesLogin(Backend real, PostgresRig rig) : Mutation(real)
    {
        public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
        {
            await rig.SuperAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{PostgresHarness.RoleIn(handle)}'");
            return new EndReport(WasThere: true, SessionsCut: 1);
        }
    }
}
