#include "graveler/commit_set.h"

#include "base/encoding.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tarn::graveler {

std::optional<CommitSet::RawId> CommitSet::raw(const CommitId& id) {
  std::optional<RawId> out;
  if (!CommitId::parse(id.str())) {
    return out;
  }
  const Result<std::string> bytes = hex_decode(id.str());
  if (bytes && bytes->size() == RawId().size()) {
    std::copy(bytes->begin(), bytes->end(), out.emplace().begin());
  }
  return out;
}

Result<void> CommitSet::add(const CommitId& id, const std::vector<CommitId>& parents) {
  const std::optional<RawId> own = raw(id);
  if (!own) {
    return Error::with_message(kCorruption, "'" + id.str() + "' is no commit id");
  }
  if (!ids_.empty() && !(hex_encode({ids_.back().data(), ids_.back().size()}) < id.str())) {
    return Error::with_message(kCorruption, "commit " + id.str() + " is out of order");
  }
  std::vector<RawId> raw_parents;
  for (const CommitId& parent : parents) {
    const std::optional<RawId> one = raw(parent);
    if (!one) {
      return Error::with_message(kCorruption, "commit " + id.str() + " names the parent '" +
                                                  parent.str() + "', which is no commit id");
    }
    raw_parents.push_back(*one);
  }
  ids_.push_back(*own);
  parents_.insert(parents_.end(), raw_parents.begin(), raw_parents.end());
  parents_end_.push_back(static_cast<std::uint32_t>(parents_.size()));
  dropped_.push_back(false);
  return {};
}

std::optional<std::uint32_t> CommitSet::find(const RawId& id) const {
  // Bytes as unsigned, which is the order of the texts.
  const auto less = [](const RawId& a, const RawId& b) {
    return std::string_view(a.data(), a.size()) < std::string_view(b.data(), b.size());
  };
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id, less);
  if (found == ids_.end() || *found != id) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(found - ids_.begin());
}

void CommitSet::drop(std::uint32_t index, std::vector<std::uint32_t>& queue) {
  if (!dropped_[index]) {
    dropped_[index] = true;
    ++dropped_count_;
    queue.push_back(index);
  }
}

std::optional<CommitSet::Gap> CommitSet::drop_incomplete() {
  std::optional<Gap> first;
  std::vector<std::uint32_t> queue;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> children;  // parent, child
  for (std::uint32_t index = 0, at = 0; index < ids_.size(); ++index) {
    for (; at < parents_end_[index]; ++at) {
      const std::optional<std::uint32_t> parent = find(parents_[at]);
      if (parent) {
        children.emplace_back(*parent, index);
        continue;
      }
      if (!first) {
        const auto text = [](const RawId& id) {
          return CommitId::trusted(hex_encode({id.data(), id.size()}));
        };
        first = Gap{text(ids_[index]), text(parents_[at])};
      }
      drop(index, queue);
    }
  }
  if (!first) {
    return first;
  }
  std::sort(children.begin(), children.end());
  while (!queue.empty()) {
    const std::uint32_t parent = queue.back();
    queue.pop_back();
    auto child = std::lower_bound(children.begin(), children.end(),
                                  std::pair<std::uint32_t, std::uint32_t>(parent, 0));
    for (; child != children.end() && child->first == parent; ++child) {
      drop(child->second, queue);
    }
  }
  return first;
}

bool CommitSet::contains(const CommitId& id) const {
  const std::optional<RawId> own = raw(id);
  if (!own) {
    return false;
  }
  const std::optional<std::uint32_t> index = find(*own);
  return index && !dropped_[*index];
}

}  // namespace tarn::graveler
