using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// What keeps denies true without anybody asking: roles are looked at, documents that IAM is not known to hold are
/// written, what is dead by itself is forgotten, and what somebody else changed is put right.
/// </summary>
internal sealed class AwsTending(AwsConnections connections, AwsSessions sessions, AwsDenials denials, AwsRoles roles, AwsLog log, TimeProvider clock)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CompareEvery = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, long> _looked = [];
    private readonly Dictionary<string, long> _compared = [];

    public async ValueTask RunAsync(CancellationToken cancel)
    {
        if (connections.Targets.Count == 0) return;
        await sessions.CollectAsync(cancel);
        foreach (var document in await sessions.UnconfirmedAsync(cancel)) await TendAsync(document.Target, document.Role, aws => denials.EnforceAsync(aws, document.Role, document.Version, cancel));
        foreach (var (target, options) in connections.Targets)
        {
            foreach (var role in options.Roles)
            {
                if (IsDue(_looked, role, LookEvery))
                {
                    await TendAsync(target, role, async aws => await roles.LookAsync(aws, role, cancel));
                    // What nothing is known of yet is looked at again at once: until then its leases are expected to expire only.
                    if (roles.Find(role) is null) _looked.Remove(role);
                }
                else if (IsDue(_compared, role, CompareEvery)) await TendAsync(target, role, aws => CompareAsync(aws, role, cancel));
            }
        }
    }

    /// <summary>Only where somebody is denied: a document that denies nobody is missed by nobody.</summary>
    private async ValueTask CompareAsync(AwsConnection aws, string role, CancellationToken cancel)
    {
        if (roles.Find(role) is not { MayDeny: true } || await sessions.DocumentAsync(role, cancel) is not { } document || document.Version != document.Confirmed) return;
        if (await denials.HoldsAsync(aws, role, cancel)) return;
        log.Changed(role);
        await denials.EnforceAsync(aws, role, await sessions.TouchAsync(aws.Name, role, cancel), cancel);
    }

    private async ValueTask TendAsync(string target, string role, Func<AwsConnection, ValueTask> work)
    {
        // A target that is not configured any more is nobody's to write.
        if (!connections.Targets.ContainsKey(target) || connections.To(target) is not { Key: not null } aws) return;
        try
        {
            await work(aws);
        }
        catch (AwsRefusedException refused)
        {
            log.Failed(role, refused.ToBackend(ReasonCodes.TargetUnavailable).Detail);
        }
        catch (BackendException error)
        {
            log.Failed(role, error.Detail);
        }
    }

    private bool IsDue(Dictionary<string, long> last, string role, TimeSpan every)
    {
        var now = clock.NowMs();
        if (last.TryGetValue(role, out var at) && now - at < every.TotalMilliseconds) return false;
        last[role] = now;
        return true;
    }
}

internal sealed partial class AwsLog(ILogger<AwsLog> logger)
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "What {Role} denies was changed by somebody else; it is written again")]
    public partial void Changed(string role);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tending {Role} failed and is tried again: {Detail}")]
    public partial void Failed(string role, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tending AWS roles failed and is tried again")]
    public partial void Broke(Exception error);
}
