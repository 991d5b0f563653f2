using System.Globalization;

namespace CredentialBroker.Backends.Aws;

/// <summary>IAM's roles and their policies, with the rights, limits and errors that its documentation names.</summary>
internal static class StandInIam
{
    public static string Answer(StandInAccount account, StandInCaller caller, Dictionary<string, string> form)
    {
        var action = form["Action"];
        var name = form.GetValueOrDefault("RoleName", "*");
        var resource = action == "ListRoles" ? "*" : action == "CreateRole" ? StandInAccount.RoleArn(name, form.GetValueOrDefault("Path", "/")) : account.Roles.GetValueOrDefault(name)?.Arn ?? StandInAccount.RoleArn(name);
        if (!account.Allows(caller, $"iam:{action}", resource)) throw new StandInRefusal(403, "AccessDenied");
        var result = action switch
        {
            "GetRole" => $"<Role>{Xml(Find(account, name))}</Role>",
            "CreateRole" => $"<Role>{Xml(Create(account, form))}</Role>",
            "DeleteRole" => Delete(account, Find(account, name)),
            "ListRoles" => List(account, form),
            "PutRolePolicy" => Put(Find(account, name), form),
            "GetRolePolicy" => Get(Find(account, name), form["PolicyName"]),
            "DeleteRolePolicy" => Find(account, name).Inline.Remove(form["PolicyName"]) ? "" : throw new StandInRefusal(404, "NoSuchEntity"),
            "ListRolePolicies" => $"<PolicyNames>{string.Concat(Find(account, name).Inline.Keys.Select(key => $"<member>{key}</member>"))}</PolicyNames><IsTruncated>false</IsTruncated>",
            "ListAttachedRolePolicies" => $"<AttachedPolicies>{string.Concat(Find(account, name).Attached.Select(arn => $"<member><PolicyName>p</PolicyName><PolicyArn>{arn}</PolicyArn></member>"))}</AttachedPolicies><IsTruncated>false</IsTruncated>",
            "DetachRolePolicy" => Find(account, name).Attached.Remove(form["PolicyArn"]) ? "" : throw new StandInRefusal(404, "NoSuchEntity"),
            _ => throw StandInRefusal.Undocumented(action),
        };
        return $"<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">{(result.Length == 0 ? "" : $"<{action}Result>{result}</{action}Result>")}<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>";
    }

    private static StandInRole Find(StandInAccount account, string name) => account.Roles.GetValueOrDefault(name) ?? throw new StandInRefusal(404, "NoSuchEntity");

    private static StandInRole Create(StandInAccount account, Dictionary<string, string> form)
    {
        var name = form["RoleName"];
        if (account.Roles.ContainsKey(name)) throw new StandInRefusal(409, "EntityAlreadyExists");
        if (account.Roles.Count >= 1000) throw new StandInRefusal(409, "LimitExceeded");
        var longest = int.Parse(form.GetValueOrDefault("MaxSessionDuration", "3600"), CultureInfo.InvariantCulture);
        if (longest is < 3600 or > 43200 || name.Length > 64 || !form["Path"].StartsWith('/') || !form["Path"].EndsWith('/')) throw new StandInRefusal(400, "ValidationError");
        var boundary = form.GetValueOrDefault("PermissionsBoundary");
        if (boundary is not null && !account.Policies.ContainsKey(boundary)) throw new StandInRefusal(404, "NoSuchEntity");
        var role = new StandInRole(name, form["Path"], $"AROA{StandInAccount.Random(17)}", PolicyDocument.Read(form["AssumeRolePolicyDocument"], isTrust: true)) { Longest = longest, Boundary = boundary };
        for (var i = 1; form.TryGetValue($"Tags.member.{i}.Key", out var key); i++) role.Tags[key] = form[$"Tags.member.{i}.Value"];
        return account.Roles[name] = role;
    }

    private static string Delete(StandInAccount account, StandInRole role)
    {
        if (role.Inline.Count + role.Attached.Count > 0) throw new StandInRefusal(409, "DeleteConflict");
        account.Roles.Remove(role.Name);
        return "";
    }

    /// <summary>In pages of three, so that pages are had.</summary>
    private static string List(StandInAccount account, Dictionary<string, string> form)
    {
        var after = form.GetValueOrDefault("Marker", "");
        var all = account.Roles.Values.Where(role => role.Path.StartsWith(form.GetValueOrDefault("PathPrefix", "/"), StringComparison.Ordinal) && string.CompareOrdinal(role.Name, after) > 0).OrderBy(role => role.Name, StringComparer.Ordinal).ToList();
        var page = all.Take(3).ToList();
        return $"<Roles>{string.Concat(page.Select(role => $"<member>{Xml(role)}</member>"))}</Roles><IsTruncated>{(all.Count > 3 ? $"true</IsTruncated><Marker>{page[^1].Name}</Marker>" : "false</IsTruncated>")}";
    }

    /// <summary>The limit is on all inline policies of the role together, blanks not counted.</summary>
    private static string Put(StandInRole role, Dictionary<string, string> form)
    {
        var document = form["PolicyDocument"];
        PolicyDocument.Read(document, isTrust: false);
        if (role.Inline.Where(one => one.Key != form["PolicyName"]).Sum(one => Size(one.Value)) + Size(document) > 10_240) throw new StandInRefusal(409, "LimitExceeded");
        role.Inline[form["PolicyName"]] = document;
        return "";
    }

    private static string Get(StandInRole role, string policy) => role.Inline.TryGetValue(policy, out var document)
        ? $"<RoleName>{role.Name}</RoleName><PolicyName>{policy}</PolicyName><PolicyDocument>{Uri.EscapeDataString(document)}</PolicyDocument>"
        : throw new StandInRefusal(404, "NoSuchEntity");

    private static int Size(string document) => document.Count(c => !char.IsWhiteSpace(c));

    private static string Xml(StandInRole role) =>
        $"<Path>{role.Path}</Path><RoleName>{role.Name}</RoleName><RoleId>{role.Id}</RoleId><Arn>{role.Arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><MaxSessionDuration>{role.Longest.ToString(CultureInfo.InvariantCulture)}</MaxSessionDuration>";
}
