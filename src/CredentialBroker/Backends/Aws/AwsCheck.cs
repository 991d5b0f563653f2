using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>Looks at an account as it is now: whether the broker can log in, and whether its roles are what leases need.</summary>
internal sealed class AwsCheck(string brokerId)
{
    public async ValueTask<IReadOnlyList<string>> RunAsync(AwsConnection aws, CancellationToken cancel)
    {
        var problems = new List<string>();
        // Without rights at IAM there is nothing to look with; the target says so itself.
        foreach (var role in aws.Key is null ? [] : aws.Options.Roles) await LookAsync(aws, role, problems, cancel);
        if (aws.Options.LeaseRoles is { } made) await TriedAsync($"roles below {made.Path} cannot be listed", problems, async () => await aws.Iam.RolesAsync(made.Path, cancel));
        return problems;
    }

    private async ValueTask LookAsync(AwsConnection aws, string arn, List<string> problems, CancellationToken cancel)
    {
        var name = AwsArn.NameOf(arn);
        var read = await TriedAsync($"{arn} cannot be read", problems, async () =>
        {
            var role = await aws.Iam.RoleAsync(name, cancel);
            if (role.Arn != arn) problems.Add($"{arn} is another role, or of another account");
            if (role.Longest < AwsGrant.Shortest) problems.Add($"{arn} lets sessions live {role.Longest} seconds, which is too short");
        });
        if (!read) return;
        await TriedAsync($"policies of {arn} cannot be read: its leases would only expire", problems, async () =>
        {
            var others = await AwsRoles.OthersAsync(aws.Iam, arn, SessionNames.DenialsOf(brokerId), cancel);
            var room = DenyDocument.Room(aws.Key!, others);
            if (room < 16) problems.Add($"{arn} has inline policies of {others} characters, which leave room to deny {room} leases at once; move them to managed policies");
        });
        await TriedAsync($"the broker may not write policies of {arn}: its leases would only expire", problems, async () =>
        {
            var trial = $"CredentialBrokerCheck-{brokerId}";
            await aws.Iam.PutPolicyAsync(name, trial, DenyDocument.Render(aws.Key!, [], before: null), cancel);
            await aws.Iam.DeletePolicyAsync(name, trial, cancel);
        });
    }

    private static async ValueTask<bool> TriedAsync(string otherwise, List<string> problems, Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (AwsRefusedException refused)
        {
            problems.Add($"{otherwise}: {refused.ToBackend(ReasonCodes.TargetUnavailable).Detail}");
        }
        catch (BackendException error)
        {
            problems.Add($"{otherwise}: {error.Detail}");
        }

        return false;
    }
}
