namespace CredentialBroker.Reviews.Identity;

/// <summary>Check 3 (R56): permissions that it inherits from its namespace, its cluster, its node and its clouds.</summary>
internal static class Inherited
{
    /// <summary>Bound to everybody in every cluster, and harmless.</summary>
    private static readonly string[] OfEverybody = ["system:discovery", "system:basic-user", "system:public-info-viewer", "system:service-account-issuer-discovery"];

    private static readonly string[] Harmless = ["NET_BIND_SERVICE", "CHOWN", "SETGID", "SETUID", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL"];

    /// <returns>Namespaces in which it is bound; an empty name is all of them.</returns>
    public static SortedSet<string> Look(Subject subject, Notes notes)
    {
        var spread = new SortedSet<string>(StringComparer.Ordinal);
        if (!subject.Documents.Has("RoleBinding", "ClusterRoleBinding")) notes.Unknown("no bindings are in the documents, not even an empty list of them");
        foreach (var binding in subject.Documents.Of("RoleBinding", "ClusterRoleBinding").Where(binding => binding.Tree["subjects"].Items.Any(one => Is(subject, one, binding))))
        {
            var (kind, role) = (binding.Tree["roleRef"]["kind"].Name ?? "", binding.Tree["roleRef"]["name"].Name ?? "");
            if (OfEverybody.Contains(role)) continue;
            spread.Add(binding.Namespace);
            Role(subject, kind, role, binding, notes);
        }

        if (subject.ServiceAccount is { } account)
        {
            foreach (var role in RuntimeIdentity.CloudRoles(account)) notes.Unknown($"what {role} permits is not in the documents");
        }

        foreach (var (run, spec) in subject.Specs) OfNode(run, spec, notes);
        if (subject.Documents.Find("Namespace", "", subject.Space) is { } space) notes.Item($"pod security of the namespace: {space.Tree["metadata"]["labels"]["pod-security.kubernetes.io/enforce"].Name ?? "none enforced"}");
        return spread;
    }

    private static bool Is(Subject subject, Tree one, Manifest binding) => (one["kind"].Text, one["name"].Text) switch
    {
        ("ServiceAccount", var name) => name == subject.Account && (one["namespace"].Text ?? binding.Namespace) == subject.Space,
        ("User", var name) => name == $"system:serviceaccount:{subject.Space}:{subject.Account}",
        ("Group", var name) => name == "system:serviceaccounts" || name == $"system:serviceaccounts:{subject.Space}" || name == "system:authenticated",
        _ => false,
    };

    private static void Role(Subject subject, string kind, string name, Manifest binding, Notes notes)
    {
        var where = binding.Kind == "ClusterRoleBinding" ? "everywhere" : $"in {binding.Namespace}";
        if (name == "cluster-admin" && kind == "ClusterRole")
        {
            notes.Item($"everything {where}, by {binding.Title}");
            notes.Fail($"{binding.Title} makes it cluster-admin {where}");
            return;
        }

        var role = kind == "ClusterRole" ? subject.Documents.Find(kind, "", name) : subject.Documents.Find("Role", binding.Namespace, name);
        if (role is null)
        {
            notes.Item($"{kind} {name} {where}, by {binding.Title}");
            notes.Unknown($"what {kind} {name}, bound {where} by {binding.Title}, permits: it is not in the documents");
            return;
        }

        if (role.Tree["aggregationRule"].Exists && !role.Tree["rules"].Items.Any()) notes.Unknown($"what {role.Title} permits: it is put together from others");
        foreach (var rule in role.Tree["rules"].Items)
        {
            var (text, dangers) = Permission.Of(rule);
            notes.Item($"{text} {where}, by {role.Title}");
            foreach (var danger in dangers) notes.Fail($"{role.Title} {danger} {where}, by {binding.Title}");
        }
    }

    /// <summary>What a container may do at its node is inherited from the node.</summary>
    private static void OfNode(Manifest run, Tree spec, Notes notes)
    {
        foreach (var space in new[] { "hostNetwork", "hostPID", "hostIPC" }.Where(name => spec[name].Truth == true)) Has(space, $"shares the node's {space}");
        foreach (var path in spec["volumes"].Items.Select(volume => volume["hostPath"]["path"].Name).OfType<string>()) Has($"hostPath {path}", $"mounts {path} of the node");
        foreach (var (_, container) in Subject.Containers(spec))
        {
            var (name, security) = (container["name"].Name, container["securityContext"]);
            if (security["privileged"].Truth == true) Has($"container {name} privileged", $"runs container {name} privileged, which is the node itself");
            foreach (var capability in security["capabilities"]["add"].Names)
            {
                if (Harmless.Contains(capability)) notes.Item($"capability {capability} of container {name}");
                else Has($"capability {capability} of container {name}", $"adds the capability {capability} to container {name}");
            }
        }

        void Has(string item, string why)
        {
            notes.Item(item);
            notes.Fail($"{run.Title} {why}");
        }
    }
}

/// <summary>One rule of a role, in words, and what is dangerous about it.</summary>
internal static class Permission
{
    private static readonly (string Resource, string[] Verbs, string Danger)[] Dangers =
    [
        ("secrets", ["get", "list", "watch"], "reads secrets"), ("serviceaccounts/token", ["create"], "makes tokens of service accounts"),
        ("pods/exec", ["create", "get"], "runs commands in pods"), ("pods/attach", ["create", "get"], "attaches to pods"), ("pods/ephemeralcontainers", ["update", "patch"], "adds containers to pods"),
        ("pods", ["create"], "makes pods, and so whatever their service accounts may"), ("nodes/proxy", ["create", "get"], "reaches nodes past the API server"),
        ("certificatesigningrequests/approval", ["update", "patch"], "approves certificates"),
    ];

    public static (string Text, IReadOnlyList<string> Dangers) Of(Tree rule)
    {
        string[] verbs = [.. rule["verbs"].Names.Order(StringComparer.Ordinal)], resources = [.. rule["resources"].Names.Order(StringComparer.Ordinal)], groups = [.. rule["apiGroups"].Names.Where(group => group.Length > 0).Order(StringComparer.Ordinal)];
        string[] names = [.. rule["resourceNames"].Names.Order(StringComparer.Ordinal)], paths = [.. rule["nonResourceURLs"].Names.Order(StringComparer.Ordinal)];
        var of = groups.Length == 0 ? "" : $" of {string.Join(',', groups)}";
        var text = $"{string.Join(',', verbs)} {string.Join(',', resources.Concat(paths))}{of}{(names.Length == 0 ? "" : $" named {string.Join(',', names)}")}";
        var dangers = new List<string>();
        if (verbs.Contains("*")) dangers.Add($"may do everything with {(resources.Length == 0 ? string.Join(',', paths) : string.Join(',', resources))}");
        if (resources.Contains("*")) dangers.Add($"may {string.Join(',', verbs)} every resource{of}");
        if (paths.Any(path => path.EndsWith('*') && path.Length <= 2)) dangers.Add("reaches every path of the API server");
        dangers.AddRange(new[] { "escalate", "bind", "impersonate" }.Where(verbs.Contains).Select(verb => $"may {verb} {string.Join(',', resources)}"));
        // A rule for named resources is as narrow as rules are.
        if (names.Length == 0 && !resources.Contains("*") && !verbs.Contains("*")) dangers.AddRange(Dangers.Where(one => resources.Contains(one.Resource) && one.Verbs.Any(verbs.Contains)).Select(one => one.Danger));
        return (text, dangers);
    }
}
