//! Indexes come and go with their declaration, while others read and write.

mod declared;
mod forms;
mod life;
mod shop;
mod under_way;
