# Made from nscollector.bash.in and the code; see docs/building.md.
#
# Completes the command line of nscollector in bash 4.3 and newer. It starts no process and evaluates nothing that was typed;
# the functions of the package bash-completion are not needed.

# _nscollector_value OPTION: the kind of its value; the status is 1 if it has none.
_nscollector_value() {
    kind= words=()
    case $1 in
        --proc) kind=directory ;;
        --cgroup) kind=directory ;;
        --run) kind=directory ;;
        --sys) kind=directory ;;
        -c | --config) kind=file ;;
        --set) kind=setting ;;
        --count) kind=free ;;
        --interval) kind=free ;;
        --format) kind=word words=(influx table json) ;;
        --unit) kind=file ;;
        --sink) kind=free ;;
        --older-than) kind=free ;;
        *) return 1 ;;
    esac
}

_nscollector_words_of_setting() {
    words=()
    case $1 in
        agent:align | agent:spread | network:protocols | network:tcp_detail | network:conntrack | network:flows | network:qdisc | network:loopback | host:enabled | host:cpu_cores | host:filesystems | filesystem:containers | filesystem:volumes | cgroup:cpu_cores | cgroup:memory_stat | cgroup:memory_detail | cgroup:limits | cgroup:pressure | cgroup:blkio | cgroup:hugetlb | discovery:systemd_services | discovery:names_inside | discovery:real_time | identity:orchestrator_tags | file:*:rotate_gzip | file:*:telegraf_host | influx:*:create_database | influx:*:accept_partial | influx:*:no_sync | influx:*:proxy | influx:*:gzip | influx:*:expect_continue | influx:*:tls_verify | influx:*:telegraf_host | otlp:*:proxy | otlp:*:gzip | otlp:*:expect_continue | otlp:*:tls_verify | spool:enabled | http:insecure | http:parents | http:timestamps | http:cadvisor_api | docker_api:environment) words=(on off) ;;
        agent:log_level) words=(debug info warning error) ;;
        agent:log_format) words=(auto text journald) ;;
        network:mode) words=(auto visit proc off) ;;
        network:connections) words=(off listeners on) ;;
        network:netfilter) words=(off host on) ;;
        cgroup:oom_victims) words=(auto on off) ;;
        cgroup:reader) words=(files auto bpf) ;;
        identity:id) words=(collision tag) ;;
        file:*:schema | influx:*:schema) words=(nscollector telegraf) ;;
        influx:*:version) words=(1 2 3) ;;
        otlp:*:temporality) words=(cumulative delta) ;;
        spool:sync) words=(always interval never) ;;
        http:host_names) words=(own node) ;;
    esac
}

# Sets the options and subcommands of the typed command.
_nscollector_command() {
    commands=() options=() argument=
    case $path in
        '')
            commands=(run sample check spool version)
            options=(--help --version --proc --cgroup --run --sys)
            ;;
        'run')
            options=(--config --set --help --proc --cgroup --run --sys)
            ;;
        'sample')
            options=(--count --interval --format --config --set --help --proc --cgroup --run --sys)
            ;;
        'check')
            options=(--config --set --json --as-service --unit --help --proc --cgroup --run --sys)
            ;;
        'spool')
            commands=(list show drop)
            options=(--help --proc --cgroup --run --sys)
            ;;
        'spool list')
            options=(--sink --verify --config --set --help --proc --cgroup --run --sys)
            ;;
        'spool show')
            options=(--config --set --help --proc --cgroup --run --sys)
            argument=file
            ;;
        'spool drop')
            options=(--sink --older-than --all --config --set --help --proc --cgroup --run --sys)
            argument=file
            ;;
        'version')
            options=(--help --proc --cgroup --run --sys)
            ;;
    esac
}

# _nscollector_enter WORD: continues with the command of this name, if it exists.
_nscollector_enter() {
    local command
    for command in "${commands[@]}"; do
        if [[ $command == "$1" ]]; then
            path+=${path:+ }$1
            _nscollector_command
            return
        fi
    done
}

_nscollector() {
    COMPREPLY=()

    # Bash also splits words at : and =. Join them, as the agent will see them.
    local line=${COMP_LINE:0:COMP_POINT} part typed=()
    for part in "${COMP_WORDS[@]:0:COMP_CWORD}"; do
        if [[ $line == [[:blank:]]* || ${#typed[@]} -eq 0 ]]; then typed+=("$part"); else typed[-1]+=$part; fi
        line=${line#"${line%%[![:blank:]]*}"}
        line=${line#"$part"}
    done
    local current=${line#"${line%%[![:blank:]]*}"}
    if [[ $line != [[:blank:]]* && ${#typed[@]} -gt 1 ]]; then
        current=${typed[-1]}$current
        unset 'typed[-1]'
    fi

    local path= pending= kind= words=() commands=() options=() argument=
    _nscollector_command
    for part in "${typed[@]:1}"; do
        if [[ -n $pending ]]; then
            pending=
        elif [[ $part == -* ]]; then
            if _nscollector_value "$part"; then pending=$part; fi
        else
            _nscollector_enter "$part"
        fi
    done

    # An open quote is not part of the word, and bash does not split after it.
    local quote=
    if [[ $current == [\'\"]* ]]; then
        quote=${current:0:1}
        current=${current:1}
    fi

    local lead= candidates=()
    if [[ -z $pending && $current == --*=* ]]; then
        pending=${current%%=*}
        lead=$pending=
    fi
    kind=
    if [[ -n $pending ]]; then
        _nscollector_value "$pending"
    elif [[ $current == -* ]]; then
        candidates=("${options[@]}")
    else
        candidates=("${commands[@]}")
        kind=$argument
    fi

    # Bash completes files itself, with quoting.
    case $kind in
        file) compopt -o default ;;
        directory) compopt -o dirnames ;;
        word) candidates=("${words[@]}") ;;
        setting) _nscollector_settings "${current#"$lead"}" ;;
    esac

    # Bash replaces only the part after the last character at which it splits.
    local known= signs=${COMP_WORDBREAKS//[!:=]/}
    if [[ -z $quote && -n $signs && $current == *[$signs]* ]]; then known=${current%"${current##*[$signs]}"}; fi
    for part in "${candidates[@]}"; do
        part=$lead$part
        if [[ $part == "$current"* ]]; then COMPREPLY+=("${part#"$known"}"); fi
    done
    # A value must follow these, so add no space.
    if [[ ${COMPREPLY[0]-} == *[:=] ]]; then compopt -o nospace; fi
}

# _nscollector_settings TYPED: completes the keys, or the values of the typed key.
_nscollector_settings() {
    local setting name
    if [[ $1 == *=* ]]; then
        _nscollector_words_of_setting "${1%%=*}"
        for part in "${words[@]}"; do candidates+=("${1%%=*}=$part"); done
        return
    fi
    for setting in "${_nscollector_keys[@]}"; do
        if [[ $setting == *:NAME:* ]]; then
            # Keep a name that is typed already.
            name=main
            if [[ $1 == "${setting%%:*}":?*:* ]]; then
                name=${1#*:}
                name=${name%%:*}
            fi
            setting=${setting%%:*}:$name:${setting#*:NAME:}
        fi
        candidates+=("$setting")
    done
}

_nscollector_keys=(
    agent:interval=
    agent:peaks=
    agent:host=
    agent:align=
    agent:jitter=
    agent:spread=
    agent:sampling_threads=
    agent:start_wait=
    agent:suppress_unchanged=
    agent:stop_timeout=
    agent:log_level=
    agent:log_format=
    network:mode=
    network:protocols=
    network:tcp_detail=
    network:protocols_interval=
    network:conntrack=
    network:connections=
    network:connections_interval=
    network:connections_cpu=
    network:max_sockets=
    network:flows=
    network:flows_interval=
    network:flows_top=
    network:flows_prefix_ipv4=
    network:flows_prefix_ipv6=
    network:flows_max_remotes=
    network:flows_buffer=
    network:netfilter=
    network:netfilter_interval=
    network:max_netfilter_rules=
    network:qdisc=
    network:qdisc_interval=
    network:max_qdiscs=
    network:loopback=
    network:max_interfaces=
    network:namespace_roots=
    network:max_namespace_files=
    network:max_peers=
    network:removal_buffer=
    host:enabled=
    host:interval=
    host:cpu_cores=
    host:filesystems=
    host:exclude_mount_points=
    host:max_filesystems=
    host:max_disks=
    host:max_interfaces=
    filesystem:containers=
    filesystem:interval=
    filesystem:walk_cpu=
    filesystem:volumes=
    filesystem:exclude_mount_points=
    filesystem:max_volumes=
    cgroup:cpu_cores=
    cgroup:memory_stat=
    cgroup:memory_detail=
    cgroup:limits=
    cgroup:pressure=
    cgroup:blkio=
    cgroup:hugetlb=
    cgroup:oom_victims=
    cgroup:reader=
    cgroup:max_devices=
    cgroup:max_held_files=
    cgroup:stat_interval=
    cgroup:limits_interval=
    discovery:interval=
    discovery:max_watches=
    discovery:systemd_services=
    discovery:cgroup_paths=
    discovery:docker_roots=
    discovery:podman_roots=
    discovery:containerd_states=
    discovery:crio_run_roots=
    discovery:lxd_roots=
    discovery:lxc_roots=
    discovery:container_states=
    discovery:docker_sockets=
    discovery:podman_sockets=
    discovery:engine_timeout=
    discovery:max_engine_answer=
    discovery:names_inside=
    discovery:max_containers=
    discovery:max_containers_in_container=
    discovery:max_cgroups=
    discovery:max_cgroups_in_container=
    discovery:max_init_candidates=
    discovery:max_state_file=
    discovery:real_time=
    discovery:exit_buffer_size=
    filter:include=
    filter:exclude=
    filter:include_image=
    filter:exclude_image=
    metrics:include=
    metrics:exclude=
    identity:id=
    identity:labels=
    identity:environment=
    identity:orchestrator_tags=
    identity:max_orchestrator_values=
    identity:max_label_keys=
    identity:max_label_values=
    identity:max_image_values=
    tags:
    encode:batch_size=
    file:NAME:path=
    file:NAME:mode=
    file:NAME:owner=
    file:NAME:group=
    file:NAME:rotate_size=
    file:NAME:rotate_age=
    file:NAME:rotate_quiet=
    file:NAME:rotate_keep=
    file:NAME:rotate_gzip=
    file:NAME:queue_size=
    file:NAME:retry_interval=
    file:NAME:schema=
    file:NAME:telegraf_perdevice=
    file:NAME:telegraf_total=
    file:NAME:telegraf_host=
    file:NAME:metrics_include=
    file:NAME:metrics_exclude=
    file:NAME:labels_include=
    file:NAME:labels_exclude=
    influx:NAME:url=
    influx:NAME:version=
    influx:NAME:database=
    influx:NAME:retention_policy=
    influx:NAME:consistency=
    influx:NAME:create_database=
    influx:NAME:org=
    influx:NAME:bucket=
    influx:NAME:accept_partial=
    influx:NAME:no_sync=
    influx:NAME:user=
    influx:NAME:password_file=
    influx:NAME:token_file=
    influx:NAME:unix_socket=
    influx:NAME:proxy=
    influx:NAME:gzip=
    influx:NAME:expect_continue=
    influx:NAME:connect_timeout=
    influx:NAME:timeout=
    influx:NAME:tls_ca_file=
    influx:NAME:tls_certificate_file=
    influx:NAME:tls_key_file=
    influx:NAME:tls_verify=
    influx:NAME:retry_interval=
    influx:NAME:retry_interval_max=
    influx:NAME:retry_after_max=
    influx:NAME:replay_rate=
    influx:NAME:queue_size=
    influx:NAME:memory_size=
    influx:NAME:refused_file=
    influx:NAME:refused_file_size=
    influx:NAME:schema=
    influx:NAME:telegraf_perdevice=
    influx:NAME:telegraf_total=
    influx:NAME:telegraf_host=
    influx:NAME:metrics_include=
    influx:NAME:metrics_exclude=
    influx:NAME:labels_include=
    influx:NAME:labels_exclude=
    otlp:NAME:url=
    otlp:NAME:temporality=
    otlp:NAME:max_request_size=
    otlp:NAME:header.NAME=
    otlp:NAME:header_file.NAME=
    otlp:NAME:user=
    otlp:NAME:password_file=
    otlp:NAME:token_file=
    otlp:NAME:unix_socket=
    otlp:NAME:proxy=
    otlp:NAME:gzip=
    otlp:NAME:expect_continue=
    otlp:NAME:connect_timeout=
    otlp:NAME:timeout=
    otlp:NAME:tls_ca_file=
    otlp:NAME:tls_certificate_file=
    otlp:NAME:tls_key_file=
    otlp:NAME:tls_verify=
    otlp:NAME:retry_interval=
    otlp:NAME:retry_interval_max=
    otlp:NAME:retry_after_max=
    otlp:NAME:replay_rate=
    otlp:NAME:queue_size=
    otlp:NAME:memory_size=
    otlp:NAME:metrics_include=
    otlp:NAME:metrics_exclude=
    otlp:NAME:labels_include=
    otlp:NAME:labels_exclude=
    spool:enabled=
    spool:path=
    spool:sync=
    spool:sync_interval=
    spool:max_size=
    spool:max_files=
    spool:max_age=
    spool:file_size=
    spool:keep_damaged=
    http:listen=
    http:insecure=
    http:token_file=
    http:user=
    http:password_file=
    http:tls_certificate_file=
    http:tls_key_file=
    http:max_connections=
    http:response_timeout=
    http:socket_group=
    http:exits_kept=
    http:parents=
    http:max_parents=
    http:host_names=
    http:timestamps=
    http:metrics_include=
    http:metrics_exclude=
    http:labels_include=
    http:labels_exclude=
    http:cadvisor_api=
    http:history=
    http:history_memory=
    docker_api:listen=
    docker_api:socket_group=
    docker_api:environment=
    docker_api:max_connections=
    docker_api:max_streams=
    docker_api:response_timeout=
    docker_api:events_kept=
)

complete -F _nscollector nscollector
