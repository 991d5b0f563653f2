using System.Globalization;
using System.Xml.Linq;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>The calls of IAM that the broker makes; each may be made again.</summary>
internal sealed class AwsIam(AwsWire wire, AwsManagement management)
{
    private const int MostPages = 100;

    public async ValueTask<AwsRole> RoleAsync(string name, CancellationToken cancel)
    {
        var answer = await CallAsync("GetRole", cancel, ("RoleName", name));
        var role = AwsAnswer.Child(answer, "Role");
        return AwsAnswer.Text(role, "Arn") is { } arn && int.TryParse(AwsAnswer.Text(role, "MaxSessionDuration") ?? "3600", NumberStyles.None, CultureInfo.InvariantCulture, out var longest)
            ? new AwsRole(arn, longest)
            : throw AwsAnswer.Odd("GetRole");
    }

    /// <summary>Null when the role has no such policy.</summary>
    public async ValueTask<string?> PolicyAsync(string role, string policy, CancellationToken cancel)
    {
        try
        {
            var answer = await CallAsync("GetRolePolicy", cancel, ("RoleName", role), ("PolicyName", policy));
            return AwsAnswer.Text(answer, "PolicyDocument") is { } document ? Uri.UnescapeDataString(document.Replace("+", "%20", StringComparison.Ordinal)) : throw AwsAnswer.Odd("GetRolePolicy");
        }
        catch (AwsRefusedException refused) when (refused.IsGone)
        {
            return null;
        }
    }

    public async ValueTask PutPolicyAsync(string role, string policy, string document, CancellationToken cancel) =>
        await CallAsync("PutRolePolicy", cancel, ("RoleName", role), ("PolicyName", policy), ("PolicyDocument", document));

    public ValueTask DeletePolicyAsync(string role, string policy, CancellationToken cancel) => GoneAsync(CallAsync("DeleteRolePolicy", cancel, ("RoleName", role), ("PolicyName", policy)));

    public ValueTask<List<string>> PoliciesAsync(string role, CancellationToken cancel) =>
        PagesAsync("ListRolePolicies", page => AwsAnswer.Members(page, "PolicyNames").Select(member => member.Value), cancel, ("RoleName", role));

    public ValueTask<List<string>> RolesAsync(string path, CancellationToken cancel) =>
        PagesAsync("ListRoles", page => AwsAnswer.Members(page, "Roles").Select(member => AwsAnswer.Text(member, "RoleName") ?? throw AwsAnswer.Odd("ListRoles")), cancel, ("PathPrefix", path));

    public async ValueTask CreateRoleAsync(string name, string path, string trust, string? boundary, int longest, IReadOnlyList<(string Key, string Value)> tags, CancellationToken cancel) =>
        await CallAsync("CreateRole", cancel,
        [
            ("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", trust), ("MaxSessionDuration", longest.ToString(CultureInfo.InvariantCulture)),
            .. boundary is null ? [] : new[] { ("PermissionsBoundary", boundary) },
            .. tags.SelectMany((tag, i) => new[] { ($"Tags.member.{i + 1}.Key", tag.Key), ($"Tags.member.{i + 1}.Value", tag.Value) }),
        ]);

    /// <summary>With whatever is inside it and attached to it. False when there was none.</summary>
    public async ValueTask<bool> DeleteRoleAsync(string name, CancellationToken cancel)
    {
        try
        {
            foreach (var policy in await PoliciesAsync(name, cancel)) await DeletePolicyAsync(name, policy, cancel);
            var attached = await PagesAsync(
                "ListAttachedRolePolicies", page => AwsAnswer.Members(page, "AttachedPolicies").Select(member => AwsAnswer.Text(member, "PolicyArn") ?? throw AwsAnswer.Odd("ListAttachedRolePolicies")), cancel, ("RoleName", name));
            foreach (var policy in attached) await GoneAsync(CallAsync("DetachRolePolicy", cancel, ("RoleName", name), ("PolicyArn", policy)));
            await CallAsync("DeleteRole", cancel, ("RoleName", name));
            return true;
        }
        catch (AwsRefusedException refused) when (refused.IsGone)
        {
            return false;
        }
    }

    private static async ValueTask GoneAsync(ValueTask<XElement> deleting)
    {
        try
        {
            await deleting;
        }
        catch (AwsRefusedException refused) when (refused.IsGone)
        {
            // Another end of the same lease was first.
        }
    }

    private async ValueTask<List<string>> PagesAsync(string action, Func<XElement, IEnumerable<string>> read, CancellationToken cancel, params (string Name, string Value)[] parameters)
    {
        var found = new List<string>();
        string? marker = null;
        for (var page = 0; page < MostPages; page++)
        {
            var answer = await CallAsync(action, cancel, marker is null ? parameters : [.. parameters, ("Marker", marker)]);
            found.AddRange(read(answer));
            if (AwsAnswer.Text(answer, "IsTruncated") != "true") return found;
            marker = AwsAnswer.Text(answer, "Marker") ?? throw AwsAnswer.Odd(action);
        }

        throw new BackendException(AwsBackend.Word, ReasonCodes.TargetUnavailable, $"{action} answers without end", transient: false);
    }

    /// <summary>A refusal for the session's sake did nothing, so that it is asked once more with a new one.</summary>
    private async ValueTask<XElement> CallAsync(string action, CancellationToken cancel, params (string Name, string Value)[] parameters)
    {
        var held = await management.HoldAsync(cancel);
        try
        {
            return await wire.IamAsync(held, action, parameters, cancel);
        }
        catch (AwsRefusedException refused) when (held.Token is not null && refused.Error is "ExpiredToken" or "InvalidClientTokenId")
        {
            management.Forget(held);
            return await wire.IamAsync(await management.HoldAsync(cancel), action, parameters, cancel);
        }
    }
}

/// <param name="Longest">How long its sessions may live, in seconds.</param>
internal sealed record AwsRole(string Arn, int Longest);
